import type { Value } from '../../../plan/resource-schema.js';
import { parse } from './json-text.js';

/** Values that AWS fills in for absent members. */
const filledIn: Record<string, Value> = {
  cpu: 0,
  essential: true,
  'healthCheck.interval': 30,
  'healthCheck.retries': 3,
  'healthCheck.timeout': 5,
  'portMappings.protocol': 'tcp',
  'mountPoints.readOnly': false,
};

/** Lists without an order, and the key of their items. The empty path is the list of containers. */
const unordered: Record<string, string> = {
  '': 'name',
  environment: 'name',
  secrets: 'name',
  mountPoints: 'containerPath',
  portMappings: 'containerPort',
  dependsOn: 'containerName',
};

/** The meaning of a text of container definitions, independent of its spelling and of values filled in by AWS. */
export function definitionsMeaning(text: Value): Value {
  const definitions = parse(text);
  return definitions === undefined ? text : plainMember(definitions, '');
}

/** Removes empty members and those that AWS would fill in; sorts lists without an order. */
function plainMember(value: Value, path: string): Value {
  if (Array.isArray(value)) {
    const items = value.map((item) => plainMember(item, path));
    const key = unordered[path];
    return key === undefined ? items : items.sort((a, b) => (sortKey(a, key) < sortKey(b, key) ? -1 : 1));
  }
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).flatMap(([key, member]): [string, Value][] => {
    const at = path === '' ? key : `${path}.${key}`;
    const reduced = plainMember(member, at);
    return isEmpty(reduced) || reduced === filledIn[at] ? [] : [[key, reduced]];
  });
  // The default host port is the container's port, because each task has its own address.
  return Object.fromEntries(
    members.filter(([key, member]) => key !== 'hostPort' || member !== (value as Record<string, Value>)['containerPort']),
  );
}

function sortKey(item: Value, key: string): string {
  return String((item as Record<string, Value>)[key]);
}

function isEmpty(value: Value): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

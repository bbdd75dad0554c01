import type { Value } from '../../../plan/resource-schema.js';
import { parse } from './json-text.js';

/** What AWS fills in for an absent member. */
const filledIn: Record<string, Value> = {
  cpu: 0,
  essential: true,
  'healthCheck.interval': 30,
  'healthCheck.retries': 3,
  'healthCheck.timeout': 5,
  'portMappings.protocol': 'tcp',
  'mountPoints.readOnly': false,
};

/** Lists in which the order says nothing, by what tells their items apart; at the top are the containers. */
const unordered: Record<string, string> = {
  '': 'name',
  environment: 'name',
  secrets: 'name',
  mountPoints: 'containerPath',
  portMappings: 'containerPort',
  dependsOn: 'containerName',
};

/** What a text of containers' definitions says, however it is written and whoever has filled in what. */
export function definitionsMeaning(text: Value): Value {
  const definitions = parse(text);
  return definitions === undefined ? text : plainMember(definitions, '');
}

/** Without what is empty or what AWS would fill in; lists without an order sorted. */
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
  // A port of the host that isn't given is the container's, where each task has an address of its own.
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

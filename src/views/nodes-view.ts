import type { NodeReply } from '../client/documents.js';
import { cpus, megabytes, moment, printable, table } from './format.js';

/** The nodes of a service as a table. `now` in milliseconds since the epoch. */
export function nodesTable(nodes: readonly NodeReply[], now: number): string {
  const rows = nodes.map((node) => [
    ...[
      node.name,
      stateOf(node, now),
      amount(node.free.cpu, cpus),
      amount(node.free.memory, megabytes),
      amount(node.free.storage, megabytes),
    ],
    ...[String(node.running.count), String(node.queued.count), node.closed.join('; ')].map(printable),
  ]);
  return table([['NODE', 'STATE', 'FREE CPU', 'MEMORY', 'STORAGE', 'RUNNING', 'QUEUED', 'CLOSED BECAUSE'], ...rows]);
}

/** When a node that is drained is empty. */
export function emptySentence({ name, empty_by }: Pick<NodeReply, 'name' | 'empty_by'>, now: number): string {
  return empty_by === null ? `${name} is empty.` : `${name} is empty at ${moment(Date.parse(empty_by), now)} at the latest.`;
}

function stateOf({ state, cordon, drain_by: by }: NodeReply, now: number): string {
  if (cordon === 'open') return state;
  return by == null ? `${state}, ${cordon}` : `${state}, ${cordon} by ${moment(Date.parse(by), now)}`;
}

function amount(value: number | null, format: (value: number) => string): string {
  return value === null ? 'no limit' : format(value);
}

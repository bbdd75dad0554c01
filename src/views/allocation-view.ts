import type { AllocationReply } from '../client/documents.js';
import { cpus, duration, megabytes, moment, printable, table } from './format.js';
import { stateOf } from './run-view.js';

/** Allocations as a table. `now` in milliseconds since the epoch. */
export function allocationsTable(allocations: readonly AllocationReply[], now: number): string {
  const rows = allocations.map((one) =>
    [one.id, stateOf(one), amounts(one.granted ?? one.min), one.worker ?? '', timeOf(one.renew_by, now), one.waits_because ?? ''].map(
      printable,
    ),
  );
  return table([['ALLOCATION', 'STATE', 'RESOURCES', 'WORKER', 'RENEW BY', 'WAITS BECAUSE'], ...rows]);
}

export function humanAllocation(one: AllocationReply, now: number): string {
  const { id, container, min, max, granted, worker, labels, interval, waits_because: because } = one;
  const isOpen = one.state === 'waiting' || one.state === 'granted';
  const rows: [string, string][] = [
    ['asked for', `${amounts(min)} to ${amounts(max)} of ${container}`],
    ...(granted === null ? [] : [['granted', amounts(granted)] as [string, string]]),
    ...(worker === null ? [] : [['worker', worker] as [string, string]]),
    ...(because === null ? [] : [['waits because', because] as [string, string]]),
    ...Object.entries(labels).map(([key, value]): [string, string] => ['label', `${key}=${value}`]),
    ...(isOpen ? [['renew by', `${timeOf(one.renew_by, now)} (every ${duration(interval)})`] as [string, string]] : []),
    ...(one.expires === null ? [] : [['expires', timeOf(one.expires, now)] as [string, string]]),
    ...(one.ended === null ? [] : [['ended', timeOf(one.ended, now)] as [string, string]]),
  ];
  return [printable(`${id} · ${stateOf(one)}`), table(rows.map(([key, value]) => [`  ${key}`, printable(value)]))].join('\n');
}

function amounts({ cpu, memory }: { cpu: number; memory: number }): string {
  return `${cpus(cpu)}, ${megabytes(memory)}`;
}

function timeOf(time: string, now: number): string {
  return moment(Date.parse(time), now);
}

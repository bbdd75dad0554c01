import type { FleetEventReply, FleetReply } from '../client/documents.js';
import { duration, moment, printable, short, table } from './format.js';

/** The fleets of a service as a table. */
export function fleetsTable(fleets: readonly FleetReply[]): string {
  const rows = fleets.map((fleet) =>
    [fleet.name, fleet.state, sizeOf(fleet), countOf(fleet), String(fleet.workers.length), fleet.refused ?? ''].map(printable),
  );
  return table([['FLEET', 'STATE', 'SIZE', 'READY', 'WORKERS', 'MISSING BECAUSE'], ...rows]);
}

/** A fleet with its workers. `now` in milliseconds since the epoch. */
export function humanFleet(fleet: FleetReply, now: number): string {
  const { name, state, idle, aux = 0, refused, workers } = fleet;
  const lends = aux === 0 ? '' : `, lends up to ${aux}`;
  const rows = workers.map(({ run, state: at, node, ends, lent_to: to }) =>
    [run, at, node ?? '', timeOf(ends, now), to ?? ''].map(printable),
  );
  return [
    printable(`${name} · ${state} · ${sizeOf(fleet)} workers, ${countOf(fleet)} ready, idle ones end after ${duration(idle)}${lends}`),
    ...(refused === null ? [] : [printable(`  more are needed: ${refused}`)]),
    ...(rows.length === 0
      ? []
      : [
          table([
            ['  RUN', 'STATE', 'NODE', 'ENDS', ...(aux > 0 ? ['LENT TO'] : [])],
            ...rows.map(([run, ...rest]) => [`  ${run}`, ...rest]),
          ]),
        ]),
  ].join('\n');
}

export function fleetEventsTable(events: readonly FleetEventReply[], now: number): string {
  return table(events.map(({ at, type, data }) => [timeOf(at, now), printable(type), short(JSON.stringify(data))]));
}

function sizeOf({ min, max }: FleetReply): string {
  return min === max ? String(max) : `${min} to ${max}`;
}

function countOf({ workers }: FleetReply): string {
  return String(workers.filter(({ state }) => state === 'running').length);
}

function timeOf(time: string | null, now: number): string {
  return time === null ? '' : moment(Date.parse(time), now);
}

import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { Fleet, FleetChange, FleetEvent, FleetState, NewFleetEvent } from '../../tasks/fleets/fleet.js';
import type { Run } from '../run.js';
import type { Database } from './database.js';
import type { FleetStore, NewFleet } from './fleet-store.js';
import { runOfRow } from './rows.js';
import type { FleetEventRow, FleetRow, Tables } from './schema.js';

/** Opens the fleets of a database. */
export function fleetsIn({ tables, write }: Pick<Database, 'tables' | 'write'>): FleetStore {
  return {
    insert: (fleet) => write((own) => insertFleet(own, fleet)),
    change: (of, change, event) => write((own) => changeFleet(own, of, change, event)),
    addEvent: (fleet, event) => write((own) => insertFleetEvent(own, fleet, event)),
    async open() {
      const rows = await tables
        .selectFrom('fleets')
        .selectAll()
        .where('state', '!=', sql.lit('closed'))
        .orderBy('createdAt')
        .orderBy('id')
        .execute();
      return rows.map(fleetOfRow);
    },
    async events({ fleet, after = 0, newest = false, limit }) {
      const rows = await tables
        .selectFrom('fleet_events')
        .selectAll()
        .where('fleet', '=', fleet)
        .where('sequence', '>', after)
        .orderBy('sequence', newest ? 'desc' : 'asc')
        .limit(limit)
        .execute();
      return (newest ? rows.toReversed() : rows).map(fleetEventOfRow);
    },
    async secrets(fleet) {
      const row = await tables.selectFrom('fleets').select('secrets').where('id', '=', fleet).executeTakeFirst();
      return row?.secrets ?? null;
    },
    ended: (fleet, limit) => endedRuns(tables.selectFrom('runs').where('fleet', '=', fleet), limit),
    endedStealers: (primary, limit) =>
      endedRuns(tables.selectFrom('runs').where('primary', '=', primary).where('fleet', 'is', null), limit),
  };
}

async function endedRuns(runs: SelectQueryBuilder<Tables, 'runs', object>, limit: number): Promise<Run[]> {
  const rows = await runs
    .selectAll()
    .where('final', '=', sql.lit(1))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(runOfRow);
}

async function insertFleet(tables: Kysely<Tables>, { fleet, secrets, bodyHash, event }: NewFleet): ReturnType<FleetStore['insert']> {
  const row = await tables
    .selectFrom('fleets')
    .selectAll()
    .where('organisation', '=', fleet.organisation)
    .where('name', '=', fleet.name)
    .where('state', '!=', sql.lit('closed'))
    .executeTakeFirst();
  if (row) return { stored: false, existing: fleetOfRow(row), bodyHash: row.bodyHash };
  await tables
    .insertInto('fleets')
    .values({ ...rowOfFleet(fleet), secrets, bodyHash })
    .execute();
  await insertFleetEvent(tables, fleet.id, event);
  return { stored: true };
}

async function changeFleet(
  tables: Kysely<Tables>,
  { id, revision }: Pick<Fleet, 'id' | 'revision'>,
  change: FleetChange,
  event: NewFleetEvent,
): Promise<Fleet | null> {
  const row = await tables
    .updateTable('fleets')
    .set({ ...rowOfChange(change), revision: revision + 1 })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .returningAll()
    .executeTakeFirst();
  if (!row) return null;
  await insertFleetEvent(tables, id, event);
  return fleetOfRow(row);
}

/** For use within a transaction. */
export async function insertFleetEvent(
  tables: Kysely<Tables>,
  fleet: string,
  { at, type, data }: NewFleetEvent,
  allocation: string | null = null,
): Promise<void> {
  await tables
    .insertInto('fleet_events')
    .values({ fleet, allocation, at, type, data: JSON.stringify(data) })
    .execute();
}

/** Deletes some events, tasks and allocations of fleets from before a time, or else closed fleets, for use within a transaction. @returns rows */
export async function removeOldFleets(tables: Kysely<Tables>, before: number, most: number): Promise<number> {
  const events = tables.selectFrom('fleet_events').select('sequence').where('at', '<', before).limit(most);
  const tasks = tables.selectFrom('tasks').select('id').where('fleet', 'is not', null).where('finishedAt', '<', before).limit(most);
  const allocations = tables.selectFrom('allocations').select('id').where('endedAt', '<', before).limit(most);
  const removed = [
    await tables.deleteFrom('fleet_events').where('sequence', 'in', events).executeTakeFirst(),
    await tables.deleteFrom('tasks').where('id', 'in', tasks).executeTakeFirst(),
    await tables.deleteFrom('allocations').where('id', 'in', allocations).executeTakeFirst(),
  ];
  const rows = removed.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
  if (rows === 0) await tables.deleteFrom('fleets').where('closedAt', '<', before).execute();
  return rows;
}

type Definition = Omit<FleetRow, 'secrets' | 'bodyHash'>;

function rowOfFleet({ spec, nodes, labels, ...plain }: Fleet): Definition {
  return { ...plain, spec: JSON.stringify(spec), nodes: JSON.stringify(nodes), labels: JSON.stringify(labels) };
}

function fleetOfRow({ secrets: _, bodyHash: __, state, spec, nodes, labels, ...plain }: FleetRow): Fleet {
  return { ...plain, state: state as FleetState, spec: JSON.parse(spec), nodes: JSON.parse(nodes), labels: JSON.parse(labels) };
}

function rowOfChange({ nodes, labels, ...plain }: FleetChange): Partial<FleetRow> {
  return { ...plain, ...(nodes && { nodes: JSON.stringify(nodes) }), ...(labels && { labels: JSON.stringify(labels) }) };
}

export function fleetEventOfRow({ type, data, allocation: _, ...plain }: Selectable<FleetEventRow>): FleetEvent {
  return { ...plain, type, data: JSON.parse(data) };
}

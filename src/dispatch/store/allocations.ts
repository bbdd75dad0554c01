import type { Kysely } from 'kysely';
import { type Allocation, allocationStates, type AllocationState, mayFollow } from '../../tasks/allocations/allocation.js';
import type { AllocationChange } from '../../tasks/allocations/decisions.js';
import type { NewFleetEvent } from '../../tasks/fleets/fleet.js';
import { runOfWorker } from '../worker-name.js';
import { allocationOfRow, rowOfAllocation, rowOfAllocationChange } from './allocation-rows.js';
import type { AllocationStore, NewStoredAllocation } from './allocation-store.js';
import { insertEvent } from './changes.js';
import type { Database } from './database.js';
import { fleetEventOfRow, insertFleetEvent } from './fleets.js';
import type { Tables } from './schema.js';

/** Opens the allocations of a database. */
export function allocationsIn({ tables, write }: Pick<Database, 'tables' | 'write'>): AllocationStore {
  return {
    insert: (allocation) => write((own) => insertAllocation(own, allocation)),
    change: (of, change, event) => write((own) => changeAllocation(own, of, change, event)),
    async allocation(id) {
      const row = await tables.selectFrom('allocations').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? allocationOfRow(row) : null;
    },
    async living() {
      const rows = await tables
        .selectFrom('allocations')
        .selectAll()
        .where('endedAt', 'is', null)
        .orderBy('createdAt')
        .orderBy('id')
        .execute();
      return rows.map(allocationOfRow);
    },
    async events(allocation, limit) {
      const rows = await tables
        .selectFrom('fleet_events')
        .selectAll()
        .where('allocation', '=', allocation)
        .orderBy('sequence')
        .limit(limit)
        .execute();
      return rows.map(fleetEventOfRow);
    },
  };
}

async function insertAllocation(tables: Kysely<Tables>, { allocation, bodyHash, event }: NewStoredAllocation) {
  const row = await tables.selectFrom('allocations').selectAll().where('id', '=', allocation.id).executeTakeFirst();
  if (row) return { stored: false as const, existing: allocationOfRow(row), bodyHash: row.bodyHash };
  await tables.insertInto('allocations').values(rowOfAllocation(allocation, bodyHash)).execute();
  await insertAllocationEvent(tables, allocation, event);
  return { stored: true as const };
}

async function changeAllocation(
  tables: Kysely<Tables>,
  { id, revision }: Pick<Allocation, 'id' | 'revision'>,
  change: AllocationChange,
  event: NewFleetEvent | null,
): Promise<Allocation | null> {
  const row = await tables
    .updateTable('allocations')
    .set({ ...rowOfAllocationChange(change), revision: revision + 1 })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .$if(change.state !== undefined, (update) => update.where('state', 'in', statesBefore(change.state!)))
    .returningAll()
    .executeTakeFirst();
  if (!row) return null;
  const allocation = allocationOfRow(row);
  if (event) await insertAllocationEvent(tables, allocation, event);
  return allocation;
}

function statesBefore(state: AllocationState): AllocationState[] {
  return allocationStates.filter((from) => mayFollow(from, state));
}

/** An event of the fleet, and of the run of its worker, so that the history of a worker names those who had it. */
async function insertAllocationEvent(tables: Kysely<Tables>, { id, fleet, worker }: Allocation, event: NewFleetEvent): Promise<void> {
  await insertFleetEvent(tables, fleet, event, id);
  const run = worker === null ? undefined : runOfWorker(worker)?.run;
  if (run === undefined) return;
  const found = await tables.selectFrom('runs').select('attempt').where('id', '=', run).executeTakeFirst();
  if (found) await insertEvent(tables, run, found.attempt, event);
}

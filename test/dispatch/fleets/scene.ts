import type { FleetRequest } from '../../../src/dispatch/fleets/fleet-commands.js';
import type { Run } from '../../../src/dispatch/run.js';
import type { Fleet } from '../../../src/tasks/fleets/fleet.js';
import { smallSpec } from '../../memory/scene.js';
import { untilIdle } from '../../support/idle.js';
import type { Service } from '../scene.js';

export function fleetRequest(more: Partial<FleetRequest> = {}): FleetRequest {
  return {
    ...{
      organisation: 'team',
      name: 'crew',
      spec: smallSpec(),
      min: 3,
      max: 3,
      idle: 60_000,
      aux: 0,
      nodes: {},
      priority: 500,
      labels: {},
    },
    ...{ secrets: () => null, bodyHash: 'a', by: 'test' },
    ...more,
  };
}

export async function addFleet({ dispatcher }: Service, more: Partial<FleetRequest> = {}): Promise<Fleet> {
  const { fleet } = await dispatcher.fleetCommands.create(fleetRequest(more));
  await untilIdle();
  return fleet;
}

/** States of the fleet's runs that are not final, in the order of their submission. */
export function statesOf({ dispatcher }: Service, { id }: Fleet): string[] {
  return workersOf({ dispatcher }, { id }).map(({ state }) => state);
}

export function workersOf({ dispatcher }: Pick<Service, 'dispatcher'>, { id }: Pick<Fleet, 'id'>): Run[] {
  return dispatcher.fleets.runsOf(id).sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}

/** Events of the fleet, as `type` or `type: why`. */
export async function storyOf({ store }: Service, { id }: Fleet): Promise<string[]> {
  const events = await store.fleets.events({ fleet: id, limit: 1000 });
  return events.map(({ type, data }) => (data['why'] === undefined ? type : `${type}: ${String(data['why'])}`));
}

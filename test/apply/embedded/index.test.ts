import { describe, expect, test } from 'vitest';
import { embeddedApplier } from '../../../src/apply/embedded/index.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { containerSchema } from '../../../src/backends/docker/resources/schemas.js';
import { systemClock } from '../../../src/clock.js';
import { MayflyError } from '../../../src/errors.js';
import type { MayflyEvent } from '../../../src/events.js';
import type { Plan } from '../../../src/plan/plan.js';
import { emptyState } from '../../../src/state/records.js';
import { WorkerDirectory } from '../../../src/state/worker-directory.js';
import { tempDir } from '../../support/temp-dir.js';
import { graph, never, stack, variables } from '../terraform/support.js';

const [engine, build] = ['docker_container.engine', 'docker_container.build'];

interface Reported {
  events: string[];
  /** The places and causes of the error that the apply ends with. */
  error: string[];
}

/** Applies an engine and a container that joins it, on a backend that fails at these calls. */
async function applied(fails: readonly string[]): Promise<Reported> {
  const calling = async (call: string, address: string) => {
    if (fails.includes(`${call} ${address}`)) throw new MayflyError('backend_refused', { cause: `no ${call}` });
    return { id: address, attributes: { id: address } };
  };
  const driver = {
    schema: containerSchema,
    create: (address: string) => calling('create', address),
    start: (id: string) => calling('start', id),
  };
  const backend = { name: 'docker', drivers: { docker_container: driver } } as unknown as Backend;
  const directory = new WorkerDirectory(await tempDir('worker'));
  const run = { backend, directory, variables, newId: () => 'id', stop: never, abort: never };
  const planned = await embeddedApplier.plan({ ...run, worker: 'w', stack, graph, objects: [], ignoreState: false });
  const events: MayflyEvent[] = [];
  const context = { ...run, state: emptyState(), clock: systemClock, parallelism: 5, pullSecret: () => null };
  const plan = { worker: 'w', stack, changes: planned.changes } as unknown as Plan;
  const error = await embeddedApplier.apply(plan, { ...context, emit: (event) => events.push(event) }).then(
    () => null,
    (thrown: MayflyError) => thrown,
  );
  return {
    events: events.flatMap((event) => ('address' in event ? [`${event.type} ${event.address}`] : [])),
    error: (error?.problems ?? []).map(({ place, cause }) => `${place?.path}: ${cause}`),
  };
}

describe('events of a resource, once each, and the error of the apply', () => {
  const begun = [`resource_started ${engine}`, `resource_started ${build}`];
  const cases: Record<string, { fails: string[] } & Reported> = {
    'made and started': { fails: [], events: [...begun, `resource_done ${engine}`, `resource_done ${build}`], error: [] },
    'not made, and what joins it not tried': {
      fails: [`create ${engine}`],
      events: [`resource_started ${engine}`, `resource_failed ${engine}`, `resource_skipped ${build}`],
      error: [`${engine}: no create`],
    },
    'made and not started': {
      fails: [`start ${engine}`],
      events: [...begun, `resource_failed ${engine}`, `resource_skipped ${build}`],
      error: [`${engine}: no start`],
    },
    'one fails to start, the other to be made': {
      fails: [`start ${engine}`, `create ${build}`],
      events: [...begun, `resource_failed ${engine}`, `resource_failed ${build}`],
      error: [`${engine}: no start`, `${build}: no create`],
    },
  };
  test.each(Object.entries(cases))('%s', async (_title, { fails, events, error }) => {
    expect(await applied(fails)).toEqual({ events, error });
  });
});

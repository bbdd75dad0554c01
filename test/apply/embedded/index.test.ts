import { describe, expect, test } from 'vitest';
import { embeddedApplier } from '../../../src/apply/embedded/index.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { containerSchema } from '../../../src/backends/docker/resources/schemas.js';
import { systemClock } from '../../../src/clock.js';
import type { MayflyEvent } from '../../../src/events.js';
import type { Plan } from '../../../src/plan/plan.js';
import { emptyState } from '../../../src/state/records.js';
import { WorkerDirectory } from '../../../src/state/worker-directory.js';
import { tempDir } from '../../support/temp-dir.js';
import { graph, never, stack, variables } from '../terraform/support.js';

const [engine, build] = ['docker_container.engine', 'docker_container.build'];

/** What is told of an engine and a container that joins it, on a backend that fails at these calls. */
async function told(fails: readonly string[]): Promise<string[]> {
  const calling = async (call: string, address: string) => {
    if (fails.includes(`${call} ${address}`)) throw new Error('no');
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
  await embeddedApplier.apply(plan, { ...context, emit: (event) => events.push(event) }).catch(() => {});
  return events.flatMap((event) => ('address' in event ? [`${event.type} ${event.address}`] : []));
}

describe('what is told of a resource, once each', () => {
  const cases: Record<string, { fails: string[]; is: string[] }> = {
    'made and started': {
      fails: [],
      is: [`resource_started ${engine}`, `resource_started ${build}`, `resource_done ${engine}`, `resource_done ${build}`],
    },
    'not made, and what joins it not tried': {
      fails: [`create ${engine}`],
      is: [`resource_started ${engine}`, `resource_failed ${engine}`, `resource_skipped ${build}`],
    },
    'made and not started': {
      fails: [`start ${engine}`],
      is: [`resource_started ${engine}`, `resource_started ${build}`, `resource_failed ${engine}`, `resource_skipped ${build}`],
    },
    'one fails to start, the other to be made': {
      fails: [`start ${engine}`, `create ${build}`],
      is: [`resource_started ${engine}`, `resource_started ${build}`, `resource_failed ${engine}`, `resource_failed ${build}`],
    },
  };
  test.each(Object.entries(cases))('%s', async (_title, { fails, is }) => {
    expect((await told(fails)).sort()).toEqual([...is].sort());
  });
});

import { containerNameOf } from '../../src/backends/ports/containers.js';
import { statusOf } from '../../src/backends/ports/container-state.js';
import type { Readiness, ReadinessSpec } from '../../src/backends/ports/readiness.js';
import { describeUnhealthy, type Seen, settle } from '../../src/backends/shared/settle.js';
import { labelKeys } from '../../src/labels.js';
import { engineName } from '../../src/spec/worker-spec.js';
import type { Connection } from './connection.js';
import { listOwned } from './list.js';
import { containerType } from './names.js';
import type { MemoryObject, Run } from './object.js';

/** Ready by the rule of `settle`: all containers run, the engine listens, and healthchecks pass. */
export async function readinessOn(connection: Connection, worker: string, spec: ReadinessSpec): Promise<Readiness> {
  const objects = (await listOwned(connection, worker)).filter(({ type }) => type === containerType);
  const seen = await Promise.all(
    objects.map(({ id, name, address }) =>
      connection.call('inspect', name, (node) => {
        const object = node.find(id);
        return object?.run ? [see(containerNameOf(address), object, object.run)] : [];
      }),
    ),
  );
  return settle(seen.flat(), spec);
}

function see(container: string, { configuration, labels }: MemoryObject, run: Run): Seen {
  const { exitCode, endedAt, outOfMemory } = run;
  const checked = configuration['healthcheck'] === true;
  const once = labels[labelKeys.once] === 'true';
  const status = statusOf({ ...run, unhealthy: checked && run.health === 'unhealthy', once });
  return {
    ...{ container, status, exitCode, endedAt },
    because: outOfMemory
      ? 'was killed because it used more memory than its limit'
      : status === 'unhealthy'
        ? describeUnhealthy(1, null)
        : null,
    waits: waitsFor(container, configuration, run, { checked, once }),
    listed: run.status !== 'running' || once || (checked && run.health === 'starting'),
  };
}

function waitsFor(
  container: string,
  { port }: MemoryObject['configuration'],
  { status, health, listens }: Run,
  { checked, once }: { checked: boolean; once: boolean },
): string | null {
  if (status === 'created') return 'start';
  if (status !== 'running') return null;
  if (once) return 'its end';
  if (checked && health === 'starting') return 'healthcheck';
  return container === engineName && typeof port === 'number' && !listens ? `port ${port}` : null;
}

import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { containerSchema, volumeSchema } from '../../../src/backends/docker/resources/schemas.js';
import { systemClock } from '../../../src/clock.js';
import { buildGraph } from '../../../src/plan/graph.js';
import { schemasOf } from '../../../src/apply/refresh.js';
import type { PlanContext } from '../../../src/apply/applier.js';
import { terraformApplier } from '../../../src/apply/terraform/index.js';
import type { StateBackend } from '../../../src/apply/terraform/state-backend.js';
import { StateLayout } from '../../../src/state/layout.js';
import { base, box, stackOf } from '../../stacks/support.js';
import { tempDir } from '../../support/temp-dir.js';

export const never: PlanContext['stop'] = new AbortController().signal;

/** A `terraform` or `tofu` on a PATH of its own; `body` is shell, with what was asked in `$1`. */
export async function fakeCli(body: string, name = 'terraform'): Promise<Record<string, string>> {
  const directory = await tempDir('bin');
  await writeFile(join(directory, name), `#!/bin/sh\n${body}\n`);
  await chmod(join(directory, name), 0o755);
  return { PATH: `${directory}:/usr/bin:/bin` };
}

/** What makes every command before the one under test succeed. */
export const ready = `case "$1" in
  version) echo '{"terraform_version":"1.11.4"}'; exit 0;;
  init) mkdir -p .terraform; touch .terraform.lock.hcl; exit 0;;
esac`;

const driver = (schema: typeof containerSchema) => ({ schema, read: async () => null }) as unknown as Backend['drivers'][string];

/** Has a provider, and nothing on it. */
export const backend = {
  name: 'docker',
  provider: { env: {} },
  drivers: { docker_container: driver(containerSchema), docker_volume: driver(volumeSchema) },
  list: async () => [],
  prepare: async () => undefined,
} as unknown as Backend;

export const schemas = schemasOf(backend);
export const stack = stackOf({ ...base, containers: [box('build')] });
export const graph = buildGraph(stack);
export const variables = {
  remote_key: 'a',
  self_key: 'b',
  run_id: 'c',
  group_id: 'd',
  origin: '',
  runner: '',
  until: '2000000000',
  asks: 'cpu=1 memory=1 storage=0',
  dispatcher: '',
  spec_name: 'one',
};

/** The applier with that PATH, and what it would plan: the stack's worker, of which nothing is there. */
export async function scene(env: Record<string, string>, more: Partial<PlanContext> = {}, stateBackend: StateBackend | null = null) {
  const root = await tempDir('worker');
  const layout = new StateLayout(join(root, 'state'), systemClock);
  const directory = layout.worker('docker', 'w');
  const scratch = layout.scratch.bind(layout);
  const applier = terraformApplier({ product: 'terraform', env, cacheDir: join(root, 'cache'), scratch, clock: systemClock, stateBackend });
  const context: PlanContext = {
    worker: 'w',
    backend,
    directory,
    stack,
    graph,
    variables,
    objects: [],
    ignoreState: false,
    newId: () => 'new-id',
    stop: never,
    abort: never,
    ...more,
  };
  return { root, scratches: join(layout.root, 'scratch'), directory, applier, context };
}

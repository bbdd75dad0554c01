import type { Backend } from '../../src/backends/ports/backend.js';
import { composeRuntime } from '../../src/runtime/compose.js';
import type { LeaseTerms } from '../../src/backends/shared/own-labels.js';
import type { Plan } from '../../src/plan/plan.js';
import { lasting } from '../../src/plan/stack.js';
import { parseSpec } from '../../src/spec/parse.js';
import { lifetime, type WorkerSpec } from '../../src/spec/worker-spec.js';
import { beginCall, type Call } from '../../src/worker/call.js';
import { planWorker } from '../../src/worker/plan.js';
import { defaultSettings } from '../../src/worker/settings.js';
import { tempDir } from '../support/temp-dir.js';

/** What a worker of the tests is: one of everything. `TOKEN` comes from the environment, so it is in the secret. */
export const fullSpec = {
  max_duration: 3600,
  create_timeout: 600,
  cpu: 250,
  memory: 256,
  storage: 1000,
  backend: 'aws',
  engine: { image: 'alpine:3.20', command: ['serve'], port: 8080, env: { TOKEN: '${env:TOKEN}', GREETING: 'hello' } },
  access: { cidrs: ['203.0.113.0/24', '2001:db8::/32'] },
  volumes: [{ name: 'work', storage: 100, medium: 'disk' }],
  containers: [
    { name: 'build', image: 'rust:1.80', cpu: 250, memory: 256, storage: 200, mounts: [{ name: 'work', mount_point: '/work' }] },
  ],
  service_containers: [
    {
      name: 'db',
      image: 'postgres:16',
      cpu: 250,
      memory: 256,
      storage: 200,
      pull_secret: JSON.stringify({ username: 'me', password: 'pull password' }),
      healthcheck: { command: ['CMD', 'pg_isready'], interval: 5, timeout: 5, retries: 3, start_period: 0 },
    },
  ],
};

/** What the specs refer to. */
export const specEnv = { TOKEN: 'from the environment' };

export function specOf(name: string, more: Record<string, unknown> = {}): WorkerSpec {
  return parseSpec(JSON.stringify({ name, ...fullSpec, ...more }), { file: 'worker.json', directory: '/', env: specEnv }).spec;
}

/** A machine's worth of state, with AWS as the environment says. */
export async function openCall(env: Record<string, string>, stateDir?: string): Promise<Call & { close(): void }> {
  const directory = stateDir ?? (await tempDir('state'));
  const runtime = composeRuntime({ env: { ...specEnv, ...env }, stateDir: directory, settings: defaultSettings });
  return { ...beginCall(runtime), close: runtime.close };
}

/** A plan by a call, and carried out unless it is only asked for: as `apply` does it, with no keeper. */
export async function make(call: Call, spec: WorkerSpec, how: 'apply' | 'plan' = 'apply'): Promise<{ plan: Plan; backend: Backend }> {
  const { plan, applier, backend, directory, state, variables } = await planWorker(call, spec, { backend: 'aws', strict: false });
  if (how === 'plan') return { plan, backend };
  await backend.prepare();
  await directory.writeVariables(lasting(plan.stack, variables));
  await directory.writeStack(plan.stack);
  const { clock, emit, newId, stop, abort } = call;
  const parallelism = defaultSettings.parallelism;
  await applier.apply(plan, {
    ...{ backend, directory, state, variables, clock, emit, newId, parallelism, stop, abort },
    pullSecret: () => null,
  });
  return { plan, backend };
}

export function leaseTerms(spec: WorkerSpec): LeaseTerms {
  return { lifetime: lifetime(spec), maxDuration: spec.max_duration };
}

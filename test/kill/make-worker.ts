import { composeRuntime } from '../../src/runtime/compose.js';
import { loadSpec } from '../../src/spec/load.js';
import { lifetime } from '../../src/spec/worker-spec.js';
import { planWorker } from '../../src/worker/plan.js';
import { defaultSettings } from '../../src/worker/settings.js';
import type { Machine } from '../support/run-cli.js';
import { beginCall } from '../../src/worker/call.js';

/** A ready worker with its state on a machine, made by this process, on Docker on the daemon's own socket, with no keeper to end it. */
export async function makeWorker({ machine, spec: file }: { machine: Machine; spec: string }): Promise<void> {
  const { signal } = new AbortController();
  const env = { ...machine.env, ...(process.env.DOCKER_HOST && { DOCKER_HOST: process.env.DOCKER_HOST }) };
  const runtime = composeRuntime({ env, stateDir: machine.stateDir, settings: defaultSettings });
  const call = beginCall(runtime);
  try {
    const { spec } = await loadSpec(file, { env, cwd: machine.home });
    const { plan, applier, backend, directory, state, variables } = await planWorker(call, spec, { strict: false });
    await backend.prepare();
    await directory.writeVariables(variables);
    await directory.writeStack(plan.stack);
    await applier.apply(plan, {
      backend,
      directory,
      state,
      variables,
      clock: call.clock,
      emit: call.emit,
      newId: call.newId,
      parallelism: defaultSettings.parallelism,
      pullSecret: () => null,
      stop: signal,
      abort: signal,
    });
    const terms = { lifetime: lifetime(spec), maxDuration: spec.max_duration };
    await backend.writeLease(spec.name, terms, Math.ceil(Date.now() / 1000) + spec.max_duration);
  } finally {
    runtime.close();
  }
}

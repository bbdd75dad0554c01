import { readFile } from 'node:fs/promises';
import type { Backend } from '../../backends/backend.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { buildGraph } from '../../plan/graph.js';
import type { Change, Plan } from '../../plan/plan.js';
import { ephemeral, lasting, type Stack, type Variables } from '../../plan/stack.js';
import { emptyState, type State } from '../../state/records.js';
import type { WorkerDirectory } from '../../state/worker-directory.js';
import type { Applier, ApplyContext, Planning } from '../applier.js';
import { driverOf, refresh, schemasOf } from '../refresh.js';
import { type Adopted, adopt } from './adopt.js';
import { applyPlanFile } from './apply.js';
import { Cli, type Product, type Run } from './cli.js';
import { failed } from './diagnostics.js';
import { makePlan, planName } from './make-plan.js';
import { changesOf, driftOf, outputsOf } from './plan-json.js';
import { makeReady } from './ready-directory.js';
import { connect, emptyRemoteState, pullState, pushState, type RemoteOptions } from './remote-state.js';
import { inScratch } from './scratch.js';
import { hiding, secretsOf, type StateBackend, withStateBackend } from './state-backend.js';

export interface TerraformOptions {
  product: Product;
  env: Record<string, string | undefined>;
  /** Ours, in the user's cache: plugins are kept there once. */
  cacheDir: string;
  clock: Clock;
  /** `null`: states are in the workers' directories. */
  stateBackend: StateBackend | null;
}

/** What `plan` hands to `apply`: their own plan, and the state that it was made from. */
interface Handover {
  planFile: Buffer;
  adopted: Adopted;
}

/** Drives the terraform or the tofu command, for any backend that has a provider. */
export function terraformApplier({ product, env, cacheDir, clock, stateBackend }: TerraformOptions): Applier {
  const cli = new Cli(product, env);
  const secrets = stateBackend ? secretsOf(stateBackend) : [];
  const remoteFor = (backend: Backend, worker: string, run: Omit<Run, 'cwd'>): RemoteOptions | null =>
    stateBackend && { cli, cacheDir, clock, run, worker, stateBackend, backend: backend.name };
  const caller = (directory: WorkerDirectory, backend: Backend, run: Omit<Run, 'cwd'>, stack: Stack, variables: Variables) => {
    const provider = { ...providerOf(backend, product), ...secretsEnv(stack, variables) };
    return (args: string[], onLine?: (line: string) => void) =>
      cli.run(args, { ...run, cwd: directory.path, ...(onLine && { onLine }) }, provider);
  };

  const plan: Applier['plan'] = async (context): Promise<Planning> => {
    const { worker, backend, directory, stack, graph, variables, objects, anew, newId, stop, abort } = context;
    providerOf(backend, product);
    const run = { stop, abort };
    const remote = remoteFor(backend, worker, run);
    const remembered = remote ? await pullState(remote) : { state: await directory.readState(), foreign: false };
    const { state, foreign } = anew ? { state: emptyState(), foreign: false } : remembered;
    const schemas = schemasOf(backend);
    const { existing } = await refresh(objects, backend, graph, variables, state);
    const adopted = adopt(state, {
      stack,
      graph,
      variables,
      schemas,
      existing,
      objects,
      newId,
      startable: (type) => driverOf(backend, type).start !== undefined,
    });
    const { shown, planFile } = await inScratch(async (scratch) => {
      await scratch.writeStack(stack);
      await scratch.writeVariables(lasting(stack, variables));
      await save(scratch, backend, adopted.state);
      await makeReady(scratch.path, stack, { cli, cacheDir, clock, run, worker });
      const shown = await makePlan({ product, worker, stop, lock: false, call: caller(scratch, backend, run, stack, variables) });
      return { shown, planFile: await readFile(scratch.file(planName)) };
    });
    return {
      changes: changesOf(shown, { graph, schemas, state: adopted.state }),
      drift: driftOf(shown, adopted.addresses, schemas),
      outputs: outputsOf(shown, state),
      state,
      existing,
      handover: { planFile, adopted: { ...adopted, changed: adopted.changed || foreign } } satisfies Handover,
    };
  };

  const apply: Applier['apply'] = async (plan, context): Promise<State> => {
    const { backend, directory, stop, abort } = context;
    const { planFile, adopted } = context.handover as Handover;
    const run = { stop, abort };
    const remote = remoteFor(backend, plan.worker, run);
    const call = caller(directory, backend, run, plan.stack, context.variables);
    await makeReady(directory.path, plan.stack, { cli, cacheDir, clock, run, worker: plan.worker });
    try {
      if (remote) await planRemotely(plan, context, adopted, remote, call);
      else {
        await save(directory, backend, adopted.state);
        await directory.writeFile(planName, planFile);
      }
      await applyPlanFile(plan, planName, context, call);
    } finally {
      await directory.removeFile(planName);
    }
    return keep(directory, backend, remote);
  };

  const settle: Applier['settle'] = async ({ worker, stack }, { backend, directory, variables, stop, abort }) => {
    const run = { stop, abort };
    const remote = remoteFor(backend, worker, run);
    const call = caller(directory, backend, run, stack, variables);
    const { code, stdout, stderr } = await call(['apply', '-auto-approve', '-input=false', '-refresh=false', '-no-color']);
    if (code !== 0) throw failed(`${product} apply`, worker, { diagnostics: [], text: stderr || stdout });
    return keep(directory, backend, remote);
  };

  /** OpenTofu names providers by its own registry, which Terraform does not know: ours both read. Of a remote state this is a copy. */
  async function keep(directory: WorkerDirectory, backend: Backend, remote: RemoteOptions | null): Promise<State> {
    if (remote) await save(directory, backend, (await pullState(remote)).state);
    else if (product === 'tofu') await save(directory, backend, await directory.readState());
    return directory.readState();
  }

  /** Their plan file says where its state is: one of a copy is no good for the state itself, so it is made once more, and must say the same. */
  async function planRemotely(
    plan: Plan,
    { backend, directory, stop }: ApplyContext,
    { state, changed }: Adopted,
    remote: RemoteOptions,
    call: ReturnType<typeof caller>,
  ): Promise<void> {
    const schemas = schemasOf(backend);
    await directory.writeStack(withStateBackend(plan.stack, remote.stateBackend));
    // Ours is a copy, which the CLI would want to move there.
    await directory.removeFile(directory.names.state);
    await connect(directory, remote);
    if (changed && state.lineage !== null)
      await pushState(directory, remote, { ...state, lineage: state.lineage, serial: state.serial + 1 }, schemas);
    const shown = await makePlan({ product, worker: plan.worker, stop, lock: true, call });
    const now = changesOf(shown, { graph: buildGraph(plan.stack), schemas, state });
    if (actions(now) === actions(plan.changes)) return;
    throw new MayflyError('plan_stale', {
      place: { path: plan.worker },
      cause: 'the worker or its remote state has changed since the plan was made',
      remedy: 'run the same command again',
    });
  }

  return {
    plan: (context) => hiding(secrets, () => plan(context)),
    apply: (made, context) => hiding(secrets, () => apply(made, context)),
    settle: (made, context) => hiding(secrets, () => settle(made, context)),
    ...(stateBackend && {
      forget: ({ backend, worker, stop, abort }) =>
        hiding(secrets, () => emptyRemoteState(remoteFor(backend, worker, { stop, abort })!, schemasOf(backend))),
    }),
  };
}

/** Ephemeral variables are given in the environment alone: in no file and on no command line. */
function secretsEnv(stack: Stack, variables: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(ephemeral(stack, variables)).map(([name, value]) => [`TF_VAR_${name}`, value]));
}

function actions(changes: readonly Change[]): string {
  return changes
    .map(({ action, address }) => `${action} ${address}`)
    .sort()
    .join('\n');
}

/** A state that was never written has nothing in it. */
async function save(directory: WorkerDirectory, backend: Backend, state: State): Promise<void> {
  if (state.lineage !== null) await directory.writeState({ ...state, lineage: state.lineage }, schemasOf(backend));
}

function providerOf(backend: Backend, product: Product): Record<string, string | undefined> {
  if (backend.providerEnv) return backend.providerEnv;
  throw new MayflyError('applier_unavailable', {
    place: { path: backend.name },
    cause: `there is no Terraform provider for the ${backend.name} backend, so ${product} cannot apply to it`,
    remedy: 'use the embedded applier (leave --applier out), or another backend',
  });
}

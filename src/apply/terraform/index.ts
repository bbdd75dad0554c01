import { readFile } from 'node:fs/promises';
import type { Backend } from '../../backends/ports/backend.js';
import type { BackendName } from '../../spec/worker-spec.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { buildGraph } from '../../plan/graph.js';
import type { Change, Plan } from '../../plan/plan.js';
import { ephemeral, lasting, type Stack, type Variables } from '../../plan/stack.js';
import { emptyState, type State } from '../../state/records.js';
import type { Scratch } from '../../state/scratch.js';
import type { WorkerDirectory } from '../../state/worker-directory.js';
import type { Applier, ApplyContext, Planning } from '../applier.js';
import { driverOf, refresh, schemasOf } from '../refresh.js';
import { type Adopted, adopt } from './adopt.js';
import { applyPlanFile } from './apply.js';
import { Cli, type Product, type Run } from './cli.js';
import { type Calling, must } from './command.js';
import { hiding } from './hiding.js';
import { makePlan } from './make-plan.js';
import { changesOf, driftOf, outputsOf } from './plan-json.js';
import { makeReady } from './ready-directory.js';
import { connect, emptyRemoteState, pullState, pushState, type RemoteOptions } from './remote-state.js';
import { secretsOf, type StateBackend, withStateBackend } from './state-backend.js';

export interface TerraformOptions {
  product: Product;
  env: Record<string, string | undefined>;
  /** mayfly's directory in the user's cache. It holds one copy of each plugin. */
  cacheDir: string;
  scratch(backend: BackendName, worker: string): Scratch;
  clock: Clock;
  /** `null`: states are in the workers' directories. */
  stateBackend: StateBackend | null;
}

/** Passed from `plan` to `apply`: the CLI's own plan file, and the state that it was made from. */
interface Handover {
  planFile: Buffer;
  adopted: Adopted;
}

const planName = 'tfplan';

/** Drives the terraform or the tofu command, for any backend that has a provider. */
export function terraformApplier({ product, env, cacheDir, scratch, clock, stateBackend }: TerraformOptions): Applier {
  const cli = new Cli(product, env, stateBackend === null);
  const remoteFor = (backend: BackendName, worker: string, { stop, abort }: Omit<Run, 'cwd'>): RemoteOptions | null =>
    stateBackend && { cli, cacheDir, clock, run: { stop, abort }, worker, stateBackend, backend, scratch: scratch(backend, worker) };
  const callingOf = (directory: WorkerDirectory, { worker, stack }: Pick<Plan, 'worker' | 'stack'>, context: CallingContext): Calling => {
    const { backend, variables, stop, abort } = context;
    const secrets = secretsEnv(stack, variables);
    return { cli, worker, run: { cwd: directory.path, stop, abort }, env: { ...providerOf(backend, cli), ...secrets } };
  };

  const plan: Applier['plan'] = async (context): Promise<Planning> => {
    const { worker, backend, directory, stack, graph, variables, objects, ignoreState, newId, stop, abort } = context;
    providerOf(backend, cli);
    assertSameBy(backend, worker, stack);
    const run = { stop, abort };
    const remote = remoteFor(backend.name, worker, run);
    const { state, foreign } =
      remote && !ignoreState
        ? await pullState(remote)
        : { state: ignoreState ? emptyState() : await directory.readState(), foreign: false };
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
    const { shown, planFile } = await scratch(backend.name, worker).within(async (work) => {
      await work.writeStack(stack);
      await work.writeVariables(lasting(stack, variables));
      await save(work, backend, adopted.state);
      await makeReady(work.path, stack, { cli, cacheDir, clock, run, worker });
      const shown = await makePlan({ file: planName, lock: false }, callingOf(work, context, context));
      return { shown, planFile: await readFile(work.file(planName)) };
    });
    const mapping = { graph, schemas, adopted };
    return {
      changes: changesOf(shown, mapping),
      drift: driftOf(shown, mapping),
      outputs: outputsOf(shown, state),
      state,
      existing,
      handover: { planFile, adopted: { ...adopted, changed: adopted.changed || foreign } } satisfies Handover,
    };
  };

  const apply: Applier['apply'] = async (plan, context): Promise<State> => {
    const { backend, directory, stop, abort } = context;
    const { worker, stack } = plan;
    const { planFile, adopted } = context.handover as Handover;
    const run = { stop, abort };
    const remote = remoteFor(backend.name, worker, run);
    const calling = callingOf(directory, plan, context);
    await makeReady(directory.path, stack, { cli, cacheDir, clock, run, worker });
    await scratch(backend.name, worker).within(async (work) => {
      if (remote) await planRemotely(plan, context, adopted, remote, work, calling);
      else {
        await save(directory, backend, adopted.state);
        await work.writeFile(planName, planFile);
      }
      const file = work.file(planName);
      await applyPlanFile(plan, file, context, calling).catch(async (error: unknown) => {
        if (!isCopyUpRace(error)) throw error;
        const rest = changesOf(await makePlan({ file, lock: remote !== null }, calling), {
          graph: buildGraph(stack),
          schemas: schemasOf(backend),
          adopted,
        });
        if (!isRestOf(plan.changes, rest)) throw error;
        await applyPlanFile({ ...plan, changes: rest }, file, context, calling);
      });
    });
    return keep(directory, backend, remote);
  };

  /** Reads the existing objects again, and writes them and the outputs to the state. A `-refresh-only` apply can change nothing else. */
  const settle: Applier['settle'] = async (plan, context) => {
    const { backend, directory } = context;
    await must(['apply', '-refresh-only', '-auto-approve', '-input=false', '-no-color'], callingOf(directory, plan, context));
    return keep(directory, backend, remoteFor(backend.name, plan.worker, context));
  };

  /**
   * Writes the state in our own form into the worker's directory; of a remote state it is a copy. OpenTofu names providers by its own registry,
   * which Terraform does not accept; both accept our names.
   */
  async function keep(directory: WorkerDirectory, backend: Backend, remote: RemoteOptions | null): Promise<State> {
    if (remote) await save(directory, backend, (await pullState(remote)).state);
    else if (product === 'tofu') await save(directory, backend, await directory.readState());
    return directory.readState();
  }

  /** Plans again with the remote state: a plan file names its state, so the plan of a copy cannot be used. The changes must be the same. */
  async function planRemotely(
    plan: Plan,
    { backend, directory }: ApplyContext,
    adopted: Adopted,
    remote: RemoteOptions,
    work: WorkerDirectory,
    calling: Calling,
  ): Promise<void> {
    const { state, changed } = adopted;
    const schemas = schemasOf(backend);
    await directory.writeStack(withStateBackend(plan.stack, remote.stateBackend));
    // The local state is a copy. The CLI would try to migrate it to the remote backend.
    await directory.removeFile(directory.names.state);
    await connect(directory, work, remote);
    if (changed && state.lineage !== null)
      await pushState(directory, work, remote, { ...state, lineage: state.lineage, serial: state.serial + 1 }, schemas);
    const shown = await makePlan({ file: work.file(planName), lock: true }, calling);
    const now = changesOf(shown, { graph: buildGraph(plan.stack), schemas, adopted });
    if (actions(now) === actions(plan.changes)) return;
    throw new MayflyError('plan_stale', {
      place: { path: plan.worker },
      cause: 'the worker or its remote state has changed since the plan was made',
      remedy: 'run the same command again',
    });
  }

  const hidden = hiding(stateBackend ? secretsOf(stateBackend) : []);
  const quiet = (context: ApplyContext): ApplyContext => ({ ...context, emit: hidden.emit(context.emit) });
  return {
    plan: (context) => hidden.work(() => plan(context)),
    apply: (made, context) => hidden.work(() => apply(made, quiet(context))),
    settle: (made, context) => hidden.work(() => settle(made, quiet(context))),
    ...(stateBackend && {
      forget: ({ backend, worker, ...run }) => hidden.work(() => emptyRemoteState(remoteFor(backend, worker, run)!)),
    }),
  };
}

type CallingContext = Pick<ApplyContext, 'backend' | 'variables' | 'stop' | 'abort'>;

/** Ephemeral variables as environment variables: they are in no file and on no command line. */
function secretsEnv(stack: Stack, variables: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(ephemeral(stack, variables)).map(([name, value]) => [`TF_VAR_${name}`, value]));
}

/**
 * Whether all failures are those of containers that filled a new volume from their images at the same time. The CLI waits for all calls, so
 * one container has filled the volume by now, and the others can be made again.
 */
function isCopyUpRace(error: unknown): boolean {
  return error instanceof MayflyError && error.problems.every(({ cause }) => /mkdir .*: file exists/.test(cause));
}

/** Whether `rest` changes only resources that the approved plan changes. */
function isRestOf(approved: readonly Change[], rest: readonly Change[]): boolean {
  const changed = new Set(approved.filter(({ action }) => action !== 'none').map(({ address }) => address));
  return rest.every(({ action, address }) => action === 'none' || changed.has(address));
}

function actions(changes: readonly Change[]): string {
  return changes
    .map(({ action, address }) => `${action} ${address}`)
    .sort()
    .join('\n');
}

/** Writes a state, unless it is empty: then it has no lineage. */
async function save(directory: WorkerDirectory, backend: Backend, state: State): Promise<void> {
  if (state.lineage !== null) await directory.writeState({ ...state, lineage: state.lineage }, schemasOf(backend));
}

/** @throws MayflyError `applier_unavailable` where the provider would make another worker of the stack */
function assertSameBy({ name, provider }: Backend, worker: string, stack: Stack): void {
  const refusal = provider?.refusal?.(stack) ?? null;
  if (refusal !== null) throw new MayflyError('applier_unavailable', { place: { path: `${worker} on ${name}` }, ...refusal });
}

function providerOf(backend: Backend, { product, replaceable }: Cli): Record<string, string | undefined> {
  if (backend.provider) return backend.provider.env;
  throw new MayflyError('applier_unavailable', {
    place: { path: backend.name },
    cause: `there is no Terraform provider for the ${backend.name} backend, so ${product} cannot apply to it`,
    remedy: `use another backend, or ${replaceable ? '' : 'remove state_backend from the settings and '}give --applier embedded`,
  });
}

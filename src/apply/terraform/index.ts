import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../../backends/backend.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Plan } from '../../plan/plan.js';
import { ephemeral, lasting, type Stack, type Variables } from '../../plan/stack.js';
import type { State } from '../../state/records.js';
import { WorkerDirectory } from '../../state/worker-directory.js';
import type { Applier, ApplyContext, Planning } from '../applier.js';
import { interrupted } from '../embedded.js';
import { refresh, schemasOf } from '../refresh.js';
import { type Adopted, adopt } from './adopt.js';
import { applyPlanFile } from './apply.js';
import { Cli, type Product } from './cli.js';
import { diagnosticIn, failed, parseLine } from './diagnostics.js';
import { changesOf, driftOf, outputsOf, type ShownPlan } from './plan-json.js';
import { makeReady } from './ready-directory.js';

export interface TerraformOptions {
  product: Product;
  env: Record<string, string | undefined>;
  /** Ours, in the user's cache: plugins are kept there once. */
  cacheDir: string;
  clock: Clock;
}

/** What `plan` hands to `apply`: their own plan, and the state that it was made from. */
interface Handover {
  planFile: Buffer;
  adopted: Adopted;
}

/** Drives the terraform or the tofu command, for any backend that has a provider. */
export function terraformApplier({ product, env, cacheDir, clock }: TerraformOptions): Applier {
  const cli = new Cli(product, env);

  return {
    async plan({ worker, backend, directory, stack, graph, variables, objects, newId, stop, abort }): Promise<Planning> {
      const provider = providerOf(backend, product);
      const run = { stop, abort };
      const state = await directory.readState();
      const schemas = schemasOf(backend);
      const { existing } = await refresh(objects, backend, graph, variables, state);
      const adopted = adopt(state, { stack, graph, variables, schemas, existing, objects, newId });
      const { shown, planFile } = await inScratch(async (scratch) => {
        await scratch.writeStack(stack);
        await scratch.writeVariables(lasting(stack, variables));
        if (adopted.state.lineage !== null) await scratch.writeState({ ...adopted.state, lineage: adopted.state.lineage }, schemas);
        await makeReady(scratch.path, stack, { cli, cacheDir, clock, run, worker });
        const call = (args: string[], onLine?: (line: string) => void) =>
          cli.run(args, { ...run, cwd: scratch.path, ...(onLine && { onLine }) }, { ...provider, ...secretsEnv(stack, variables) });
        await makePlan(call, product, worker, stop);
        return { shown: await showPlan(call, product, worker, stop), planFile: await readFile(scratch.file(planName)) };
      });
      return {
        changes: changesOf(shown, { graph, schemas, state: adopted.state }),
        drift: driftOf(shown, adopted.addresses, schemas),
        outputs: outputsOf(shown, state),
        state,
        existing,
        handover: { planFile, adopted } satisfies Handover,
      };
    },

    async apply(plan: Plan, context: ApplyContext): Promise<State> {
      const { backend, directory, stop, abort } = context;
      const { planFile, adopted } = context.handover as Handover;
      const schemas = schemasOf(backend);
      const save = (state: State) =>
        state.lineage === null ? Promise.resolve() : directory.writeState({ ...state, lineage: state.lineage }, schemas);
      await save(adopted.state);
      await makeReady(directory.path, plan.stack, { cli, cacheDir, clock, run: { stop, abort }, worker: plan.worker });
      const path = directory.file(planName);
      try {
        await writeFile(path, planFile, { mode: 0o600 });
        await applyPlanFile(plan, planName, context, (args, onLine) =>
          cli.run(
            args,
            { cwd: directory.path, stop, abort, onLine },
            { ...providerOf(backend, product), ...secretsEnv(plan.stack, context.variables) },
          ),
        );
      } finally {
        await rm(path, { force: true });
      }
      // OpenTofu names providers by its own registry, which Terraform does not know: ours both read.
      if (product === 'tofu') await save(await directory.readState());
      return directory.readState();
    },

    async settle({ worker, stack }, { backend, directory, variables, stop, abort }) {
      const env = { ...providerOf(backend, product), ...secretsEnv(stack, variables) };
      const args = ['apply', '-auto-approve', '-input=false', '-refresh=false', '-no-color'];
      const { code, stdout, stderr } = await cli.run(args, { cwd: directory.path, stop, abort }, env);
      if (code !== 0) throw failed(`${product} apply`, worker, { diagnostics: [], text: stderr || stdout });
      return directory.readState();
    },
  };
}

/** Ephemeral variables are given in the environment alone: in no file and on no command line. */
function secretsEnv(stack: Stack, variables: Variables): Record<string, string> {
  return Object.fromEntries(Object.entries(ephemeral(stack, variables)).map(([name, value]) => [`TF_VAR_${name}`, value]));
}

const planName = 'tfplan';

type Call = (args: string[], onLine?: (line: string) => void) => ReturnType<Cli['run']>;

async function makePlan(call: Call, product: Product, worker: string, stop: AbortSignal): Promise<void> {
  let text = '';
  const lines: NonNullable<ReturnType<typeof parseLine>>[] = [];
  const { code, stderr } = await call(['plan', '-json', '-input=false', '-lock=false', `-out=${planName}`], (raw) => {
    const line = parseLine(raw);
    if (line) lines.push(line);
    else text += `${raw}\n`;
  });
  if (stop.aborted) throw interrupted(worker);
  if (code === 0) return;
  const diagnostics = lines.flatMap((line) => diagnosticIn(line) ?? []);
  throw failed(`${product} plan`, worker, { diagnostics, text: text + stderr });
}

async function showPlan(call: Call, product: Product, worker: string, stop: AbortSignal): Promise<ShownPlan> {
  const { code, stdout, stderr } = await call(['show', '-json', planName]);
  if (stop.aborted) throw interrupted(worker);
  try {
    if (code === 0) return JSON.parse(stdout) as ShownPlan;
  } catch {
    // Said below.
  }
  throw failed(`${product} show -json`, worker, { diagnostics: [], text: stderr || stdout });
}

/** A private directory for a plan alone: a worker's own is not written to. Gone afterwards, even when the process is told to exit. */
async function inScratch<T>(work: (scratch: WorkerDirectory) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'mayfly-plan-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(new WorkerDirectory(path));
  } finally {
    process.off('exit', remove);
    remove();
  }
}

function providerOf(backend: Backend, product: Product): Record<string, string | undefined> {
  if (backend.providerEnv) return backend.providerEnv;
  throw new MayflyError('applier_unavailable', {
    place: { path: backend.name },
    cause: `there is no Terraform provider for the ${backend.name} backend, so ${product} cannot apply to it`,
    remedy: 'use the embedded applier (leave --applier out), or another backend',
  });
}

import { Journal, journalName } from '../journal.js';
import type { Attributes } from '../../plan/resource-schema.js';
import { MayflyError, type Problem, toMayflyError } from '../../errors.js';
import type { MayflyEvent } from '../../events.js';
import type { Plan } from '../../plan/plan.js';
import type { ApplyContext } from '../applier.js';
import { throwIfInterrupted } from '../interrupted.js';
import { driverOf, withoutUnknown } from '../refresh.js';
import type { Calling } from './command.js';
import { problemOf } from './diagnostics.js';
import { UiEvents } from './ui-events.js';

/** Carries out a plan file and emits its progress as events. @throws MayflyError `apply_failed`, `interrupted` */
export async function applyPlanFile(plan: Plan, planFile: string, context: ApplyContext, { cli, run, env }: Calling): Promise<void> {
  const { clock, emit, parallelism } = context;
  await prepare(plan, context);
  const shared = sharedParts(context);
  await shared.ensure();
  throwIfInterrupted(context, plan.worker);
  const events = new UiEvents((event) => {
    emit(event);
    shared.see(event);
  }, clock);
  const args = ['apply', '-json', '-input=false', `-parallelism=${parallelism}`, planFile];
  const { code, signal, stderr } = await cli.run(args, { ...run, onLine: (line) => events.line(line) }, env);
  await shared.done();
  const problems = events.finish(plan.changes);
  throwIfInterrupted(context, plan.worker);
  if (code === 0) {
    await assertOurs(plan, context);
    // The journal of an interrupted embedded run: its work is finished now.
    new Journal(context.directory.file(journalName), clock).finish();
    return;
  }
  const rest = events.diagnostics.filter(({ severity, address }) => severity === 'error' && address === undefined).map(problemOf);
  throw applyFailed(plan.worker, [...problems, ...rest], signal ? `it was killed by ${signal}` : (stderr + events.text).trim());
}

/** Preparations that our drivers do before they make objects: they check for names in use, and pull missing images. */
async function prepare({ changes }: Plan, { backend, emit, pullSecret, abort }: ApplyContext): Promise<void> {
  const made = changes.filter(({ action }) => action === 'create' || action === 'replace');
  await Promise.all(
    made.map(({ address, type, after }) =>
      driverOf(backend, type).prepare?.(address, withoutUnknown(after as Attributes), { signal: abort, emit, pullSecret }),
    ),
  );
}

/**
 * The parts that all workers share (a bridge, a cluster) are removed with the last worker, so they may be removed between our check and the
 * first object. They are made right before the CLI begins, and again when the first object exists: nobody removes them after that.
 */
function sharedParts({ backend, emit }: ApplyContext) {
  let again: Promise<void> | null = null;
  return {
    ensure: () => backend.prepare(),
    see({ type }: MayflyEvent) {
      if (type !== 'resource_done') return;
      again ??= backend.prepare().catch((error: unknown) => emit({ type: 'warning', message: toMayflyError(error).message }));
    },
    async done() {
      await again;
    },
  };
}

/** Checks that all objects have our labels. Names are no locks: the provider may have found another object under the name of ours. */
async function assertOurs({ worker, changes }: Plan, { backend }: ApplyContext): Promise<void> {
  const existing = new Set((await backend.list(worker)).map(({ address }) => address));
  const foreign = changes.find(({ action, address }) => action !== 'delete' && !existing.has(address));
  if (!foreign) return;
  throw new MayflyError('foreign_object', {
    place: { path: foreign.address },
    cause: 'the object of this name was not made by mayfly, or was removed meanwhile',
    remedy: 'remove or rename that object, or give the worker another name',
  });
}

function applyFailed(worker: string, problems: Problem[], output: string): MayflyError {
  const [first] = problems;
  return new MayflyError('apply_failed', {
    place: first?.place ?? { path: worker },
    cause: first?.cause ?? (output || 'the apply failed without a message'),
    remedy: first?.remedy ?? `correct the cause and run the same command again, or \`mayfly destroy ${worker}\``,
    ...(problems.length > 0 && { problems }),
  });
}

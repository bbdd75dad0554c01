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

/** Carries out a plan file and tells what happens as events. @throws MayflyError `apply_failed`, `interrupted` */
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
    // An embedded run's that was cut short: what it left is finished now.
    new Journal(context.directory.file(journalName), clock).finish();
    return;
  }
  const rest = events.diagnostics.filter(({ severity, address }) => severity === 'error' && address === undefined).map(problemOf);
  throw applyFailed(plan.worker, [...problems, ...rest], signal ? `it was ended by ${signal}` : (stderr + events.text).trim());
}

/** What our drivers would see to before they make anything: names that are taken, images that are missing. */
async function prepare({ changes }: Plan, { backend, emit, pullSecret, abort }: ApplyContext): Promise<void> {
  const made = changes.filter(({ action }) => action === 'create' || action === 'replace');
  await Promise.all(
    made.map(({ address, type, after }) =>
      driverOf(backend, type).prepare?.(address, withoutUnknown(after as Attributes), { signal: abort, emit, pullSecret }),
    ),
  );
}

/**
 * The parts that all workers share (a bridge, a cluster) go when no worker is left, so they may go between our look and the first
 * object. They are made again right before the CLI begins, and once the first object is there: from then on nobody removes them.
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

/** Names are not locks: what a provider found under ours, between our look and its own, carries no labels of ours. */
async function assertOurs({ worker, changes }: Plan, { backend }: ApplyContext): Promise<void> {
  const there = new Set((await backend.list(worker)).map(({ address }) => address));
  const foreign = changes.find(({ action, address }) => action !== 'delete' && !there.has(address));
  if (!foreign) return;
  throw new MayflyError('foreign_object', {
    place: { path: foreign.address },
    cause: 'what is there under its name was not made by mayfly, or is gone again',
    remedy: 'remove or rename it, or give the worker another name',
  });
}

function applyFailed(worker: string, problems: Problem[], said: string): MayflyError {
  const [first] = problems;
  return new MayflyError('apply_failed', {
    place: first?.place ?? { path: worker },
    cause: first?.cause ?? (said || 'the apply failed and said nothing'),
    remedy: first?.remedy ?? `mend that and run the same command again, or \`mayfly destroy ${worker}\``,
    ...(problems.length > 0 && { problems }),
  });
}

import { readFile } from 'node:fs/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import pkg from '../../../../package.json' with { type: 'json' };
import { MayflyError, type Problem } from '../../../errors.js';
import { countChanges, hasChanges, type Plan } from '../../../plan/plan.js';
import type { WorkerSpec } from '../../../spec/worker-spec.js';
import { applyWorker } from '../../../worker/apply.js';
import { inGracefulSession, type Session } from '../../session.js';
import { humanAccess } from '../../../views/access-view.js';
import { accessLine, outputsLine, planLines, versionLine } from '../../../views/json-view.js';
import { humanPlan } from '../../../views/plan-view.js';
import { paint } from '../../paint.js';
import { approve } from '../shared/approve.js';
import { eachWorker, type Show, specsOf } from '../shared/each-spec.js';
import { withCopies } from '../shared/copy.js';
import { warn } from '../shared/warn.js';
import type { Args } from './options.js';
import { assertNoWorkers } from './workers.js';

interface Wanted {
  spec: WorkerSpec;
  warnings: Problem[];
  saved: Plan | null;
  origin?: string | null;
}

export async function run(args: Args): Promise<void> {
  await inGracefulSession(args, async (session) => {
    assertNoWorkers(args);
    const all = await specsOrPlan(args);
    if (session.json) session.line(versionLine(pkg.version));
    // One question at a time on one terminal.
    const inTurn = pLimit(1);
    const named = all.map((item) => ({ name: item.spec.name, item }));
    return eachWorker(session, named, (own, item) => applyOne(own, item, args, inTurn));
  });
}

async function applyOne(session: Session, wanted: Wanted, args: Args, inTurn: LimitFunction): Promise<Show> {
  const { spec, warnings, saved, origin } = wanted;
  const { call, json, line, out } = session;
  const { plan, done, outputs, ends } = await applyWorker(call, spec, {
    ...(saved && { saved }),
    ...(args.backend && { backend: args.backend }),
    strict: args.strict,
    adopt: args.adopt,
    ...(origin !== undefined && { origin }),
    ...(args.autoApprove || saved
      ? { onPlan: (plan) => showPlan(session, plan, warnings) }
      : { approve: (plan) => inTurn(() => showAndAsk(session, plan, warnings)) }),
  });
  session.settle();
  return () => {
    if (!done) {
      session.note('Nothing was done.');
      return 1;
    }
    if (json) {
      const { add, change, destroy } = countChanges(plan.changes);
      line({
        '@level': 'info',
        '@message': `Apply complete: ${add} added, ${change} changed, ${destroy} destroyed.`,
        type: 'change_summary',
        changes: { add, change, remove: destroy, operation: 'apply' },
        ends,
      });
      line(outputsLine(outputs));
      line(accessLine(plan.worker, outputs));
    } else out(humanAccess(plan.worker, outputs, ends!, call.clock.now(), paint));
    return 0;
  };
}

function showPlan(session: Session, plan: Plan, warnings: Problem[]): void {
  const describe = session.call.nodes.entry(plan.offer.backend).describe;
  if (session.json) for (const one of planLines(plan, describe)) session.line(one);
  else session.note(`${humanPlan(plan, describe, paint)}\n`);
  warn(session, warnings);
}

async function showAndAsk(session: Session, plan: Plan, warnings: Problem[]): Promise<boolean> {
  showPlan(session, plan, warnings);
  return (
    !hasChanges(plan) ||
    approve(session, 'Apply these changes?', 'give --auto-approve, or apply a saved plan (mayfly plan SPEC --out FILE)')
  );
}

/** The specs of a file, or its saved plan; the content shows which. */
async function specsOrPlan(args: Args): Promise<Wanted[]> {
  const text = args.spec === '-' ? null : await readFile(args.spec, 'utf8').catch(() => null);
  if (!text?.startsWith('{"format":"mayfly-plan/')) {
    return (await specsOf(args.spec, args)).map((one) => ({ ...one, spec: withCopies(one.spec, args.copy), saved: null }));
  }
  if (args.copy) throw copiesOfPlan();
  const saved = parsePlan(text);
  if (saved?.format === 'mayfly-plan/2') return [{ spec: saved.spec, warnings: [], saved }];
  throw new MayflyError('plan_unreadable', {
    place: { file: args.spec },
    cause: saved ? `is a plan of another version of mayfly (${saved.format})` : 'is cut short',
    remedy: 'make a new plan: mayfly plan SPEC --out FILE',
  });
}

/** @returns `null` for a text that is cut short */
function parsePlan(text: string): Plan | null {
  try {
    return JSON.parse(text) as Plan;
  } catch {
    return null;
  }
}

function copiesOfPlan(): MayflyError {
  const cause = 'a saved plan has its own copies, and --copy would add to them';
  return new MayflyError('usage', { cause, remedy: 'write them in the spec (copy), or apply the spec instead of the plan' });
}

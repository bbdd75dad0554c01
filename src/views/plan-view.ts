import type { Describe } from '../backends/ports/describe.js';
import { type Change, countChanges, hasChanges, type Plan } from '../plan/plan.js';
import { lifetime } from '../spec/worker-spec.js';
import { copyLines } from './copy-view.js';
import { describeAttribute, describeCaches, describeChange, describeHead, describePrice, describeTotals } from './describe.js';
import { duration, printable } from './format.js';
import type { Paint } from './paint.js';

const signs: Record<Change['action'], (paint: Paint) => string> = {
  create: ({ green }) => green('+'),
  update: ({ yellow }) => yellow('~'),
  replace: ({ red, green }) => `${red('-')}/${green('+')}`,
  delete: ({ red }) => red('-'),
  none: () => ' ',
};

/** A plan for a terminal. */
export function humanPlan(plan: Plan, describe: Describe, paint: Paint): string {
  const { rounded, unenforced, warnings } = plan.offer;
  const price = describePrice(plan);
  const changed = plan.changes.filter(({ action }) => action !== 'none');
  return [
    `  ${paint.bold(printable(describeHead(plan)))}`,
    `  ${describeTotals(plan)}`,
    ...(price === null ? [] : [`  ${price}`]),
    ...whyThere(plan).map((line) => paint.dim(`  ${printable(line)}`)),
    ...describeCaches(plan).map((line) => `  ${printable(line)}`),
    ...rounded.map((line) => `  ≈ ${printable(line)}`),
    ...[...unenforced, ...warnings].map((line) => paint.yellow(`  ! ${printable(line)}`)),
    ...copyLines(plan).flatMap(({ text, warnings: own }) => [
      `  ${printable(text)}`,
      ...own.map((line) => paint.yellow(`  ! ${printable(line)}`)),
    ]),
    ...driftLines(plan),
    ...(changed.length > 0 ? ['', ...changesLines(changed, plan, describe, paint)] : []),
    '',
    summary(plan, paint),
  ].join('\n');
}

/** The backend of the plan with the reason for it, then those that refused. */
function whyThere({ asked, offer, refused }: Plan): string[] {
  const chosen = `on ${offer.backend}, ${asked ? 'as asked' : 'the first backend that accepts'}`;
  const others = refused.map(
    ({ backend, reasons: [first, ...more] }) => `not on ${backend}: ${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`,
  );
  return [chosen, ...others];
}

function changesLines(changed: readonly Change[], plan: Plan, describe: Describe, paint: Paint): string[] {
  // The sign of a replacement has three characters, the others one.
  const indent = changed.some(({ action }) => action === 'replace') ? '  ' : '';
  const column = Math.max(30, ...changed.map(({ address }) => address.length + 1));
  return changed.flatMap((change) => {
    const { action, address } = change;
    const head = `  ${signs[action](paint)}${action === 'replace' ? '' : indent} ${address.padEnd(column)}`;
    const details = describeChange(change, plan, describe);
    if (action === 'create' || action === 'delete') return [`${head} ${details.join('')}`];
    return [`${head} ${action === 'update' ? 'in place' : 'replaced'}`, ...details.map((line) => `      ${indent}${line}`)];
  });
}

function driftLines({ drift }: Plan): string[] {
  const adopted = drift.filter(({ kind }) => kind === 'adopted').map(({ address }) => address);
  const others = drift.filter(({ kind }) => kind !== 'adopted');
  const lines: string[] = [];
  if (adopted.length > 0) lines.push('', `  Adopted by their labels, since no state here knows them: ${adopted.join(', ')}`);
  if (others.length > 0) lines.push('', '  Changed outside mayfly:');
  for (const { address, kind, attributes } of others) {
    const what = kind === 'gone' ? 'is gone' : attributes.map((one) => describeAttribute({ ...one, replaces: false })).join(', ');
    lines.push(`    ${address.padEnd(30)} ${what}`);
  }
  return lines;
}

/** One line: how many resources change, and the end of the worker where it is new or moves. */
export function summary(plan: Plan, paint: Paint): string {
  if (!hasChanges(plan)) return paint.green('No changes.') + ' The worker is what its spec says.';
  const { add, change, destroy } = countChanges(plan.changes);
  const moved = plan.leaseMove ? ` Its end moves to ${new Date(plan.leaseMove.to).toISOString()}.` : '';
  const isNew = plan.changes.every(({ action }) => action === 'create');
  const ends = isNew ? ` Ends ${duration(lifetime(plan.spec))} after apply starts at the latest.` : '';
  return `${paint.bold('Plan:')} ${add} to add, ${change} to change, ${destroy} to destroy.${ends}${moved}`;
}

import pc from 'picocolors';
import { type Change, countChanges, hasChanges, type Plan } from '../plan/plan.js';
import { lifetime } from '../spec/worker-spec.js';
import { describeAttribute, describeHead, describePrice, describeResource, describeTotals } from './describe.js';
import { duration } from './format.js';

const signs: Record<Change['action'], string> = {
  create: pc.green('+'),
  update: pc.yellow('~'),
  replace: `${pc.red('-')}/${pc.green('+')}`,
  delete: pc.red('-'),
  none: ' ',
};

/** A plan as a person reads it. */
export function humanPlan(plan: Plan): string {
  const lines = [`  ${pc.bold(describeHead(plan))}`, `  ${describeTotals(plan)}`];
  const price = describePrice(plan);
  if (price !== null) lines.push(`  ${price}`);
  lines.push(...whyThere(plan).map((line) => pc.dim(`  ${line}`)));
  for (const line of plan.offer.rounded) lines.push(`  ≈ ${line}`);
  for (const line of [...plan.offer.unenforced, ...plan.offer.warnings]) lines.push(pc.yellow(`  ! ${line}`));
  lines.push(...driftLines(plan));
  const changed = plan.changes.filter(({ action }) => action !== 'none');
  const wide = changed.some(({ action }) => action === 'replace');
  const column = Math.max(30, ...changed.map(({ address }) => address.length + 1));
  if (changed.length > 0) lines.push('', ...changed.flatMap((change) => changeLines(change, plan, wide, column)));
  lines.push('', summary(plan));
  return lines.join('\n');
}

/** Which backend, and why that one. */
function whyThere({ asked, offer, refused }: Plan): string[] {
  const chosen = `on ${offer.backend}, ${asked ? 'as asked' : 'the first backend that accepts'}`;
  const others = refused.map(
    ({ backend, reasons: [first, ...more] }) => `not on ${backend}: ${first}${more.length > 0 ? ` (and ${more.length} more)` : ''}`,
  );
  return [chosen, ...others];
}

/** `wide`: a sign of three characters is among them; `column`: where what is said of them begins. */
function changeLines(change: Change, plan: Plan, wide: boolean, column: number): string[] {
  const address = change.address.padEnd(column);
  const sign = `  ${signs[change.action]}${wide && change.action !== 'replace' ? '  ' : ''}`;
  if (change.action === 'create') return [`${sign} ${address} ${describeResource(change, plan)}`];
  if (change.action === 'delete') return [`${sign} ${address} no longer in the spec`];
  const why = change.tainted
    ? ['it was not finished by an earlier apply (forces a replacement)']
    : change.attributes.map(describeAttribute);
  return [
    `${sign} ${address} ${change.action === 'update' ? 'in place' : 'replaced'}`,
    ...why.map((line) => `      ${wide ? '  ' : ''}${line}`),
  ];
}

function driftLines({ drift }: Plan): string[] {
  if (drift.length === 0) return [];
  const adopted = drift.filter(({ kind }) => kind === 'adopted');
  const others = drift.filter(({ kind }) => kind !== 'adopted');
  const lines: string[] = [];
  if (adopted.length > 0) {
    lines.push('', `  Adopted by their labels, since no state here knows them: ${adopted.map(({ address }) => address).join(', ')}`);
  }
  if (others.length > 0) lines.push('', '  Changed outside mayfly:');
  for (const { address, kind, attributes } of others) {
    lines.push(
      `    ${address.padEnd(30)} ${kind === 'gone' ? 'is gone' : attributes.map((one) => describeAttribute({ ...one, replaces: false })).join(', ')}`,
    );
  }
  return lines;
}

export function summary(plan: Plan): string {
  if (!hasChanges(plan)) return pc.green('No changes.') + ' The worker is what its spec says.';
  const { add, change, destroy } = countChanges(plan.changes);
  const moved = plan.leaseMove ? ` Its end moves to ${new Date(plan.leaseMove.to).toISOString()}.` : '';
  const isNew = plan.changes.every(({ action }) => action === 'create');
  const ends = isNew ? ` Ends ${duration(lifetime(plan.spec))} after apply starts at the latest.` : '';
  return `${pc.bold('Plan:')} ${add} to add, ${change} to change, ${destroy} to destroy.${ends}${moved}`;
}

/** A plan for a pull request's comment. */
export function markdownPlan(plan: Plan): string {
  const changed = plan.changes.filter(({ action }) => action !== 'none');
  const rows = changed.map((change) => {
    const details = change.action === 'create' ? describeResource(change, plan) : change.attributes.map(describeAttribute).join('<br>');
    return `| ${change.action} | \`${change.address}\` | ${details.replaceAll('|', '\\|')} |`;
  });
  const { rounded, unenforced, warnings } = plan.offer;
  const notes = [...rounded.map((line) => `given: ${line}`), ...unenforced, ...warnings].map((line) => `- ${line}`);
  return [
    `### mayfly plan: ${describeHead(plan)}`,
    '',
    [describeTotals(plan).replace(/ {2,}/, '; '), describePrice(plan)].filter((part) => part !== null).join('; '),
    '',
    ...(rows.length > 0 ? ['| action | resource | details |', '| --- | --- | --- |', ...rows, ''] : []),
    ...(notes.length > 0 ? [...notes, ''] : []),
    summary(plan),
  ].join('\n');
}

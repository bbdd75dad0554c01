import type { Describe } from '../backends/ports/describe.js';
import type { Plan } from '../plan/plan.js';
import { copyLines } from './copy-view.js';
import { describeCaches, describeChange, describeHead, describePrice, describeTotals } from './describe.js';
import { printable } from './format.js';
import { noPaint } from './paint.js';
import { summary } from './plan-view.js';

/** A plan for a pull request's comment: GitHub's Markdown. */
export function markdownPlan(plan: Plan, describe: Describe): string {
  const rows = plan.changes
    .filter(({ action }) => action !== 'none')
    .map((change) => `| ${change.action} | \`${change.address}\` | ${describeChange(change, plan, describe).map(escape).join('<br>')} |`);
  const { rounded, unenforced, warnings } = plan.offer;
  const copies = copyLines(plan).flatMap(({ text, warnings: own }) => [text, ...own]);
  const notes = [...copies, ...describeCaches(plan), ...rounded.map((line) => `given: ${line}`), ...unenforced, ...warnings].map(
    (line) => `- ${escape(line)}`,
  );
  return [
    `### mayfly plan: ${escape(describeHead(plan))}`,
    '',
    [describeTotals(plan).replace(/ {2,}/, '; '), describePrice(plan)].filter((part) => part !== null).join('; '),
    '',
    ...(rows.length > 0 ? ['| action | resource | details |', '| --- | --- | --- |', ...rows, ''] : []),
    ...(notes.length > 0 ? [...notes, ''] : []),
    summary(plan, noPaint),
  ].join('\n');
}

/** A text as Markdown that shows exactly it, on one line: no markup, no HTML, no end of a table's cell. */
function escape(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<&|~]/g, '\\$&');
}

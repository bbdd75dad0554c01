import { sectionNames, type Table } from './row.js';
import { outsideTable } from './table.js';

const marks = { begin: '<!-- generated: what a spec over HTTP may say -->', end: '<!-- end of what is generated -->' };

/** Returns the page docs/serve.md with its generated table replaced. */
export function withOutsideTable(page: string, table: Table = outsideTable): string {
  const [before, rest = ''] = page.split(marks.begin);
  const after = rest.split(marks.end)[1];
  if (after === undefined) throw new Error(`the page has no place for the table: ${marks.begin} … ${marks.end}`);
  return `${before}${marks.begin}\n${rowsOf(table)}\n${marks.end}${after}`;
}

/** In Markdown. Fields with the same rule share a line. */
function rowsOf(table: Table): string {
  const rows = sectionNames.flatMap((section) => {
    const fields = Object.entries(table[section]);
    return [...new Set(fields.map(([, { says }]) => says))].map((says) => {
      const names = fields.filter(([, row]) => row.says === says).map(([key]) => `\`${key}\``);
      return `| ${titles[section] ?? `\`${section}\``} | ${names.join(', ')} | ${says} |`;
    });
  });
  return ['| in | field | allowed |', '| --- | --- | --- |', ...rows].join('\n');
}

const titles: Partial<Record<string, string>> = { top: 'the spec', texts: 'any text' };

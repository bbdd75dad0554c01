import { type Aspect, aspects, type Capabilities, type Treatment } from './ports/capabilities.js';

/** What each backend declares, by the table's columns. */
export type Declared = Readonly<Record<string, Capabilities>>;

const words: Record<Treatment, string> = {
  enforced: 'enforced',
  rounded: '**rounded**',
  unenforced: '**not enforced**',
  refused: '**refused**',
  ignored: 'ignored',
};

const marks = { begin: '<!-- generated: what backends declare -->', end: '<!-- end of what is generated -->' };

/** The page of the docs with its table made anew. */
export function withTable(page: string, declared: Declared): string {
  const [before, rest = ''] = page.split(marks.begin);
  const after = rest.split(marks.end)[1];
  if (after === undefined) throw new Error(`the page has no place for the table: ${marks.begin} … ${marks.end}`);
  return `${before}${marks.begin}\n${table(declared)}\n${marks.end}${after}`;
}

/** What a backend shares with the one it derives from says so. */
function table(declared: Declared): string {
  const names = Object.keys(declared);
  const rows = (Object.keys(aspects) as Aspect[]).map((aspect) => [aspects[aspect], ...names.map((name) => cell(declared, name, aspect))]);
  return [['', ...names], names.concat('').map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(declared: Declared, name: string, aspect: Aspect): string {
  const { how, says } = declared[name]![aspect];
  // Podman's are Docker's where it says nothing else: the same value.
  const first = Object.keys(declared).find((other) => declared[other]![aspect] === declared[name]![aspect]);
  if (first !== undefined && first !== name) return `as ${first}`;
  return `${words[how]}: ${says}`;
}

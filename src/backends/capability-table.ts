import { type Aspect, aspects, type Capabilities, type Treatment } from './ports/capabilities.js';

/** The declared capabilities, by column of the table. */
export type Declared = Readonly<Record<string, Capabilities>>;

const words: Record<Treatment, string> = {
  enforced: 'enforced',
  rounded: '**rounded**',
  unenforced: '**not enforced**',
  refused: '**refused**',
  ignored: 'ignored',
};

const marks = { begin: '<!-- generated: what backends declare -->', end: '<!-- end of what is generated -->' };

/** Returns a page of the docs with its generated table replaced. */
export function withTable(page: string, declared: Declared): string {
  const [before, rest = ''] = page.split(marks.begin);
  const after = rest.split(marks.end)[1];
  if (after === undefined) throw new Error(`the page has no place for the table: ${marks.begin} … ${marks.end}`);
  return `${before}${marks.begin}\n${table(declared)}\n${marks.end}${after}`;
}

/** Renders the table in Markdown. */
function table(declared: Declared): string {
  const names = Object.keys(declared);
  const rows = (Object.keys(aspects) as Aspect[]).map((aspect) => [aspects[aspect], ...names.map((name) => cell(declared, name, aspect))]);
  return [['', ...names], names.concat('').map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(declared: Declared, name: string, aspect: Aspect): string {
  const { how, says } = declared[name]![aspect];
  // Podman uses Docker's value, the same object, where it does not differ.
  const first = Object.keys(declared).find((other) => declared[other]![aspect] === declared[name]![aspect]);
  if (first !== undefined && first !== name) return `as ${first}`;
  return `${words[how]}: ${says}`;
}

import { awsCapabilities } from './aws/capabilities.js';
import { type Aspect, aspects, type Capabilities, type Treatment } from './ports/capabilities.js';
import { dockerCapabilities, podmanCapabilities } from './docker/capabilities.js';
import { processCapabilities } from './process/capabilities.js';

/** What each backend declares, in the order of the table's columns. */
export const declared: Record<string, Capabilities> = {
  docker: dockerCapabilities,
  podman: podmanCapabilities,
  process: processCapabilities,
  aws: awsCapabilities,
};

const words: Record<Treatment, string> = {
  enforced: 'enforced',
  rounded: '**rounded**',
  unenforced: '**not enforced**',
  refused: '**refused**',
  ignored: 'ignored',
};

const marks = { begin: '<!-- generated: what backends declare -->', end: '<!-- end of what is generated -->' };

/** The page of the docs with its table made anew. */
export function withTable(page: string): string {
  const [before, rest = ''] = page.split(marks.begin);
  const after = rest.split(marks.end)[1];
  if (after === undefined) throw new Error(`the page has no place for the table: ${marks.begin} … ${marks.end}`);
  return `${before}${marks.begin}\n${table()}\n${marks.end}${after}`;
}

/** What a backend shares with the one it derives from says so. */
function table(): string {
  const names = Object.keys(declared);
  const rows = (Object.keys(aspects) as Aspect[]).map((aspect) => [aspects[aspect], ...names.map((name) => cell(name, aspect))]);
  return [['', ...names], names.concat('').map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(name: string, aspect: Aspect): string {
  const { how, says } = declared[name]![aspect];
  if (name === 'podman' && declared['docker']![aspect] === declared[name]![aspect]) return 'as docker';
  return `${words[how]}: ${says}`;
}

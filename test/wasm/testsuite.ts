// The prebuilt preview 1 modules of WebAssembly/wasi-testsuite, from a checkout of its branch prod/testsuite-all.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { TreeEntry } from '../../src/tasks/wasm/result.js';
import type { Sandbox } from '../../src/tasks/wasm/sandbox.js';
import { runModule } from './run.js';

interface Expected {
  args?: string[];
  dirs?: string[];
  env?: Record<string, string>;
  exit_code?: number;
  stdout?: string;
  stderr?: string;
}

export interface Outcome {
  /** `rust/path_open_missing`. */
  name: string;
  /** `null`: passed. */
  failure: string | null;
}

/** Runs every module, one after the other. */
export async function runSuite(sandbox: Sandbox, checkout: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const file of modulesIn(checkout)) {
    const [language] = relative(join(checkout, 'tests'), file).split('/');
    outcomes.push({ name: `${language}/${basename(file, '.wasm')}`, failure: await failureOf(sandbox, file) });
  }
  return outcomes;
}

/** The causes of failures that are decisions of the runner, by the module's words. */
const causes: [RegExp, string][] = [
  [/symlink|symbolic link|NOTSUP/, 'the tree has no symbolic links'],
  [/right/, 'descriptors have no rights of their own'],
  [/fd_filestat_set|fstflags_validate/, 'files have no times'],
];

const [begin, end] = ['<!-- the table of wasi-testsuite: node scripts/wasi-testsuite.mjs -->', '<!-- end of the table -->'];

/** The page with the table of these outcomes. */
export function withSuiteTable(page: string, outcomes: readonly Outcome[]): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('the page has no place for the table');
  const passed = outcomes.filter(({ failure }) => failure === null).length;
  const rows = outcomes.map(({ name, failure }) => `| \`${name}\` | ${failure === null ? 'passed' : `failed: ${causeOf(failure)}`} |`);
  const table = [`${passed} passed, ${outcomes.length - passed} failed.`, '', '| module | result |', '| --- | --- |', ...rows];
  return `${page.slice(0, from)}${begin}\n\n${table.join('\n')}\n\n${page.slice(to)}`;
}

function causeOf(failure: string): string {
  return causes.find(([pattern]) => pattern.test(failure))?.[1] ?? failure.replaceAll('|', '\\|');
}

function modulesIn(checkout: string): string[] {
  return ['assemblyscript', 'c', 'rust'].flatMap((language) => {
    const directory = join(checkout, 'tests', language, 'testsuite', 'wasm32-wasip1');
    return readdirSync(directory)
      .filter((name) => name.endsWith('.wasm'))
      .map((name) => join(directory, name))
      .sort();
  });
}

async function failureOf(sandbox: Sandbox, file: string): Promise<string | null> {
  const { args = [], dirs = [], env = {}, exit_code: code = 0, ...output } = expectedOf(file);
  const [name] = dirs;
  const ran = await runModule(sandbox, readFileSync(file), {
    args: [basename(file), ...args],
    env,
    directory: name === undefined ? null : { name, entries: entriesOf(join(dirname(file), name)) },
    limits: { timeout: 10_000 },
  });
  const { end, stdout, stderr } = ran;
  if (end.ended === 'stopped') return `${end.reason}: ${end.message}. ${lastLine(stderr)}`;
  if (end.code !== code) return `exit code ${end.code} instead of ${code}. ${lastLine(stderr)}`;
  if (output.stdout !== undefined && stdout !== output.stdout) return `wrote ${JSON.stringify(stdout)}`;
  return null;
}

function expectedOf(file: string): Expected {
  try {
    return JSON.parse(readFileSync(file.replace(/\.wasm$/, '.json'), 'utf8')) as Expected;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('note: '));
  return lines.slice(0, 3).join(' ');
}

function entriesOf(root: string): TreeEntry[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) =>
    lstatSync(join(root, path)).isDirectory() ? { kind: 'directory', path } : { kind: 'file', path, bytes: readFileSync(join(root, path)) },
  );
}

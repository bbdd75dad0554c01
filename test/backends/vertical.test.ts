import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entries } from '../../src/backends/registry.js';
import { memoryEntry } from '../memory/entry.js';

/** Files that name a backend, and why that is no switch on it. */
const allowed: Record<string, string> = {
  'src/backends/registry.ts': 'the list of all backends',
  'src/spec/schema.ts': 'an example in the JSON Schema',
  'src/spec/melodium.ts': 'the name of an executor of Mélodium',
  'src/cli/commands/doctor/run.ts': 'the option --aws-policy is about AWS',
  'src/cli/commands/keeper/install.ts': 'the option --docker is about Docker',
  'src/cli/commands/keeper/daemon.ts': 'the option --docker is about Docker',
  'src/dispatch/outside/table.ts': 'an example in the documentation',
  'src/dispatch/settings/schema.ts': 'an example in the documentation',
  'stacks/app.ts': 'an example for cdktf, which asks no node',
};

const kinds = entries.map(({ name }) => name);
/** `'docker'`, `"aws_role"`, `'./process/entry.js'`, `'../../stacks/aws.js'`. */
const named = new RegExp(`['"\`](((${kinds.join('|')})(_[a-z_]*)?)|[./a-z]*/(${kinds.join('|')})(/|\\.js)[^'"\`]*)['"\`]`);
/** A backend's own folder, and its stack. */
const own = new RegExp(`^(src/backends/(${kinds.join('|')})/|stacks/(${kinds.join('|')})[.-])`);

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

test('a backend is named in its folder, its stack and the registry alone', () => {
  const root = join(import.meta.dirname, '../..');
  const files = ['src', 'stacks'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`),
  );
  const naming = files
    .filter((path) => path.endsWith('.ts') && !own.test(path))
    .filter((path) => named.test(withoutComments(readFileSync(join(root, path), 'utf8'))));
  expect(naming.sort()).toEqual(Object.keys(allowed).sort());
});

test('the backend of the tests has an entry like every other, and no line in src or stacks', () => {
  const entry = memoryEntry(() => {
    throw new Error('not opened here');
  });
  for (const other of entries) expect(Object.keys(other).sort()).toEqual(Object.keys(entry).sort());
  expect(kinds).not.toContain(entry.name);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** Rooms in the order of the table, as paths: `src/cli`, `stacks`. */
const rooms = [...page.matchAll(/^\| `((?:src\/)?[a-z]+)\/` \|/gm)].map(([, room]) => room!);
/** Names of the rows and columns of the drawing. */
const nameOf = (room: string) => room.replace('src/', '');

const drawing = /```\n( +dispatch[^]*?)\n```/.exec(page)?.[1] ?? '';

/** The arrows of the drawing, as `cli → views`. Its first line has the columns. */
function drawn(): string[] {
  const [header = '', ...rows] = drawing.split('\n');
  const columns = [...header.matchAll(/\S+/g)].map(({ 0: name, index }) => ({ name, index }));
  return rows.flatMap((row) =>
    columns
      .filter(({ name, index }) => row.slice(index, index + name.length).trim() !== '')
      .map(({ name }) => `${row.split(' ')[0]} → ${name}`),
  );
}

/** The arrows of the code, each with the files that it is for. Type imports and dynamic ones count. */
function imported(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of sources()) {
    for (const { fileName } of ts.preProcessFile(readFileSync(join(root, file), 'utf8')).importedFiles) {
      const target = posix.join(posix.dirname(file), fileName);
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!fileName.startsWith('.') || from === to || to === null || isOfNames(file, target)) continue;
      const arrow = `${from ?? file.replace('src/', '')} → ${to}`;
      found.set(arrow, [...(found.get(arrow) ?? []), file]);
    }
  }
  return found;
}

/** Without the leaves, which import no room, and the way in of cdktf, which stands above all rooms. */
function sources(): string[] {
  return ['src', 'stacks'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .map((path) => `${top}/${path}`)
      .filter((path) => /\.c?ts$/.test(path) && path !== 'stacks/app.ts'),
  );
}

/** `null`: the file is in no room. */
function roomOf(path: string): string | null {
  const room = rooms.find((one) => path.startsWith(`${one}/`));
  return room === undefined ? null : nameOf(room);
}

/** A stack may import the constants of its own backend. */
function isOfNames(file: string, target: string): boolean {
  return file.startsWith('stacks/') && target.endsWith('/names.js');
}

test('the drawing in docs/architecture.md has the imports between rooms, and no other', () => {
  const [inPage, inCode] = [drawn(), imported()];
  const mistakes = [
    ...[...inCode]
      .filter(([arrow]) => !inPage.includes(arrow))
      .map(
        ([arrow, files]) =>
          `${arrow} is not drawn: remove the import from ${[...new Set(files)].join(', ')}, or mark it in docs/architecture.md`,
      ),
    ...inPage.filter((arrow) => !inCode.has(arrow)).map((arrow) => `${arrow} is drawn, but no file imports it: remove the mark`),
  ];
  expect(mistakes).toEqual([]);
  expect(drawing.match(/●/g), 'each mark is below the name of a column').toHaveLength(inPage.length);
});

test('imports run down the list of rooms', () => {
  const places = ['index.ts', ...rooms.map(nameOf)];
  const upward = [...imported().keys()].filter((arrow) => {
    const [from, to] = arrow.split(' → ');
    return places.indexOf(from!) >= places.indexOf(to!);
  });
  expect(upward).toEqual([]);
});

test('the table has every folder of src, and every room in it is a folder', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(rooms.toSorted()).toEqual([...folders.map(({ name }) => `src/${name}`), 'stacks'].toSorted());
});

test('the table has every leaf', () => {
  const leaves = /^\| `src\/\{([a-z,]+)\}\.ts` \|/m.exec(page)?.[1]?.split(',');
  const files = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.ts') && name !== 'index.ts');
  expect(leaves?.toSorted()).toEqual(files.map((name) => name.replace('.ts', '')).toSorted());
});

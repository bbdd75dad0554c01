import { expect, test } from 'vitest';
import { readLogs } from '../../src/lease/read-logs.js';
import { openScene } from '../memory/scene.js';
import { seed } from '../memory/seed.js';

const MB = 2 ** 20;

async function reading(containers: string[] = []) {
  const { node, client } = await openScene();
  seed(node, { containers });
  const { backend, faults } = client();
  const warnings: string[] = [];
  const read = (names = ['engine', ...containers], within?: number) =>
    readLogs(backend, { worker: 'one', containers: names, warn: (text) => warnings.push(text), ...(within && { within }) });
  const write = (container: string, text: string) => node.write(node.container('one', container), text);
  return { faults, warnings, read, write };
}

test('logs are whole', async () => {
  const { read, write, warnings } = await reading(['build']);
  write('build', 'first\nsecond\n');
  expect(await read()).toEqual([
    { container: 'engine', content: Buffer.from('') },
    { container: 'build', content: Buffer.from('first\nsecond\n') },
  ]);
  expect(warnings).toEqual([]);
});

const line = `${'x'.repeat(1023)}\n`;

test('a log of 4 MB is whole; one line more is cut at the front, between two lines, and a line says so', async () => {
  const { read, write } = await reading();
  write('engine', line.repeat(4096));
  expect((await read())[0]?.content.length).toBe(4 * MB);
  write('engine', 'last\n');
  const [cut] = await read();
  const text = cut!.content.toString();
  expect(text.split('\n')[0]).toBe('mayfly: the beginning of this log was not stored; these are its last 4.0 MB');
  expect(text.split('\n').slice(1)).toEqual([...Array.from({ length: 4095 }, () => 'x'.repeat(1023)), 'last', '']);
});

test('a log of many lines is cut too', async () => {
  const { read, write } = await reading();
  write('engine', 'x\n'.repeat(100_001));
  const text = (await read())[0]!.content.toString();
  expect(text.split('\n').slice(0, 2)).toEqual(['mayfly: the beginning of this log was not stored; these are its last 0.2 MB', 'x']);
  expect(text.split('\n').length).toBe(100_002);
});

test('many containers share 16 MB', async () => {
  const names = Array.from({ length: 7 }, (_, index) => `c${index}`);
  const { read, write } = await reading(names);
  write('c3', line.repeat(4096));
  const logs = await read();
  expect(logs.length).toBe(8);
  expect(logs[4]!.content.length).toBeLessThanOrEqual(2 * MB + 100);
});

test('a log that cannot be read is a warning, and the others are read', async () => {
  const { read, warnings } = await reading();
  expect((await read(['engine', 'none'])).map(({ container }) => container)).toEqual(['engine']);
  expect(warnings).toEqual([expect.stringMatching(/^the log of one\/none could not be stored: .*has no container "none"/)]);
});

test('a node that hangs does not delay the end', async () => {
  const { read, faults, warnings } = await reading();
  faults.hold('inspect');
  expect(await read(['engine'], 20)).toEqual([]);
  expect(warnings).toEqual(['the log of one/engine could not be stored: reading it took longer than 0.02 s']);
});

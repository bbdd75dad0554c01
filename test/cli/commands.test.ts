import '../support/no-color.js';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { docker } from '../../src/backends/docker/entry.js';
import { commands } from '../../src/cli/commands/index.js';
import { acquireLock } from '../../src/state/lock.js';
import { addEphemeral } from '../memory/ephemeral.js';
import { type Client, nodeName, openScene, thingsOf } from '../memory/scene.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';

/** The process whose runtime the next command gets. */
let client: Client;
vi.mock('../../src/runtime/compose.js', () => ({ composeRuntime: () => ({ ...client, close: () => {} }) }));

let stdout = '';
let stderr = '';
const write = (add: (text: string) => void) => (text: string | Uint8Array, done?: unknown) => {
  add(String(text));
  if (typeof done === 'function') (done as () => void)();
  return true;
};

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation(write((text) => (stdout += text)));
  vi.spyOn(process.stderr, 'write').mockImplementation(write((text) => (stderr += text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const size = { cpu: 50, memory: 16, storage: 100 };
const specFile = { name: 'one', max_duration: 300, create_timeout: 60, ...size, engine: { command: ['serve'] } };

/** Commands of one machine on a node in memory, run in this process. */
async function machine() {
  const scene = await openScene({ clock: manualClock() });
  const folder = await tempDir('commands');
  const path = join(folder, 'one.json');
  const write = (...more: Record<string, unknown>[]) =>
    writeFile(path, more.map((one) => JSON.stringify({ ...specFile, ...one })).join('\n---\n'));
  await write({});
  /** @returns the exit code and what was printed */
  const mayfly = async (name: string, args: Record<string, unknown> = {}, prepare: (one: Client) => void = () => {}) => {
    stdout = stderr = '';
    client = scene.client();
    prepare(client);
    await commands.find((command) => command.name === name)!.run({ strict: false, userCommand: [], ...args });
    return { code: process.exitCode, stdout, stderr };
  };
  const apply = (args: Record<string, unknown> = {}) => mayfly('apply', { spec: path, autoApprove: true, ...args });
  return { ...scene, folder, path, write, mayfly, apply };
}

describe('plan', () => {
  test('exits with 2 for changes only where that is asked for', async () => {
    const { path, mayfly, apply } = await machine();
    const codes = async () => [
      (await mayfly('plan', { spec: path })).code,
      (await mayfly('plan', { spec: path, detailedExitcode: true })).code,
    ];
    expect(await codes()).toEqual([0, 2]);
    await apply();
    expect(await codes()).toEqual([0, 0]);
  });

  test('is saved for its user alone, over a file that others could read, too', async () => {
    const { folder, path, mayfly } = await machine();
    const out = join(folder, 'saved');
    await writeFile(out, 'old', { mode: 0o644 });
    expect((await mayfly('plan', { spec: path, out })).code).toBe(0);
    expect([(await stat(out)).mode & 0o777, (JSON.parse(await readFile(out, 'utf8')) as { format: string }).format]).toEqual([
      0o600,
      'mayfly-plan/2',
    ]);
  });

  test.for([
    ['cut short', (text: string) => text.slice(0, -10), 'plan_unreadable'],
    ['of another version', (text: string) => text.replace('mayfly-plan/2', 'mayfly-plan/1'), 'plan_unreadable'],
  ] as const)('that is %s is refused by apply', async ([, change, code]) => {
    const { node, folder, path, mayfly } = await machine();
    const out = join(folder, 'saved');
    await mayfly('plan', { spec: path, out });
    await writeFile(out, change(await readFile(out, 'utf8')));
    const { code: exit, stdout } = await mayfly('apply', { spec: out, json: true });
    expect([exit, errorCode(stdout), thingsOf(node)]).toEqual([1, code, []]);
  });
});

/** The code of the last error in JSON lines. */
function errorCode(lines: string): string | undefined {
  return lines
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { diagnostic } = JSON.parse(line) as { diagnostic?: { code: string } };
      return diagnostic ? [diagnostic.code] : [];
    })
    .at(-1);
}

describe('apply', () => {
  test('asks for approval, and not where nothing changes', async () => {
    const { node, path, mayfly, apply } = await machine();
    expect((await mayfly('apply', { spec: path })).code).toBe(1);
    expect([thingsOf(node), stderr.includes('--auto-approve')]).toEqual([[], true]);
    expect((await apply()).code).toBe(0);
    expect((await mayfly('apply', { spec: path })).code).toBe(0);
  });

  test('carries out a saved plan without a question', async () => {
    const { node, folder, path, mayfly } = await machine();
    await mayfly('plan', { spec: path, out: join(folder, 'saved') });
    expect((await mayfly('apply', { spec: join(folder, 'saved') })).code).toBe(0);
    expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present']);
  });

  test('of several workers exits with the code that matters most, and makes those that can be made', async () => {
    const { node, write, apply } = await machine();
    await write({ name: 'huge', memory: 10_000_000 }, { name: 'one' });
    const { code, stderr } = await apply();
    expect([code, thingsOf(node), /^huge:\nError: /m.test(stderr)]).toEqual([3, ['engine running', 'lease-1 present'], true]);
    // An error matters more than a spec that no backend can satisfy.
    await write({ name: 'huge', memory: 10_000_000 }, { name: 'one', max_duration: 2_592_000 });
    expect((await apply()).code).toBe(1);
  });
});

describe('wait', () => {
  test.for([
    ['its engine has ended', 7],
    ['its time was up', 124],
  ] as const)('for a worker of which %s exits with %d', async ([, expected]) => {
    const { hand, clock, mayfly, apply } = await machine();
    await apply();
    if (expected === 7) hand.exit('one', 'engine', 7);
    else await clock.sleep(400_000);
    expect((await mayfly('gc', { dryRun: false })).code).toBe(0);
    expect((await mayfly('wait', { worker: 'one' })).code).toBe(expected);
  });
});

describe('extend', () => {
  test.for([
    ['1m', 60_000],
    ['+1m', 60_000],
    ['-1m', -60_000],
  ] as const)('%s moves the end by %d ms', async ([duration, by]) => {
    const { mayfly, apply } = await machine();
    await apply();
    const { code, stdout } = await mayfly('extend', { worker: 'one', duration, json: true });
    const { from, ends } = JSON.parse(stdout) as { from: string; ends: string };
    expect([code, Date.parse(ends) - Date.parse(from)]).toEqual([0, by]);
  });
});

describe('gc', () => {
  test('that only looks ends nothing', async () => {
    const { node, hand, mayfly, apply } = await machine();
    await apply();
    hand.exit('one', 'engine', 0);
    const { code, stdout } = await mayfly('gc', { dryRun: true });
    expect([code, stdout, thingsOf(node)]).toEqual([
      0,
      'would end one on memory (engine ended with exit code 0)\n',
      ['engine exited', 'lease-1 present'],
    ]);
  });

  test('exits with 1 where a worker could not be ended', async () => {
    const { hand, layout, clock, mayfly, apply } = await machine();
    await apply();
    hand.exit('one', 'engine', 0);
    const lock = await acquireLock(layout.lock(nodeName, 'one'), { operation: 'apply', timeout: 0, clock, below: layout.root });
    expect((await mayfly('gc', { dryRun: false })).code).toBe(1);
    await lock.release();
    expect((await mayfly('gc', { dryRun: false })).code).toBe(0);
  });
});

describe('destroy', () => {
  test('asks for approval, removes the worker, and takes one that is gone for done', async () => {
    const { node, mayfly, apply } = await machine();
    await apply();
    expect([(await mayfly('destroy', { worker: 'one' })).code, thingsOf(node).length]).toEqual([1, 2]);
    expect([(await mayfly('destroy', { worker: 'one', autoApprove: true })).code, thingsOf(node)]).toEqual([0, []]);
    expect((await mayfly('destroy', { worker: 'one' })).code).toBe(0);
  });
});

test('output of one name is its value alone', async () => {
  const { mayfly, apply } = await machine();
  await apply();
  const { stdout } = await mayfly('output', { worker: 'one', name: 'access', json: true });
  expect(JSON.parse(stdout)).toMatchObject({ addresses: ['127.0.0.1'] });
  expect((await mayfly('output', { worker: 'one', name: 'toString' })).code).toBe(1);
});

test('init leaves a file that is there as it is', async () => {
  const { folder, mayfly } = await machine();
  const file = join(folder, 'mayfly.yaml');
  expect((await mayfly('init', { file })).code).toBe(0);
  await writeFile(file, 'mine');
  expect([(await mayfly('init', { file })).code, await readFile(file, 'utf8')]).toEqual([1, 'mine']);
});

test('validate goes on after a file with an error, and exits with 1', async () => {
  const { folder, path, mayfly } = await machine();
  const { code, stdout } = await mayfly('validate', { specs: [join(folder, 'none.yaml'), path] });
  expect([code, stdout]).toEqual([1, `${path}: valid (one)\n`]);
});

test('synth writes no ephemeral secret, and no file of secrets that others may read', async () => {
  const { folder, path, mayfly } = await machine();
  const out = join(folder, 'stack');
  const asDocker = ({ nodes }: Client) => ({ ...nodes, entry: (node: string) => ({ ...nodes.entry(node), describe: docker.describe }) });
  const { code } = await mayfly('synth', { spec: path, out }, (one) => {
    addEphemeral(one);
    one.nodes = asDocker(one);
  });
  const files = ['cdk.tf.json', 'terraform.tfvars.json'].map((name) => join(out, name));
  expect([code, ...(await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777)))]).toEqual([0, 0o600, 0o600]);
  expect(JSON.parse(await readFile(files[1]!, 'utf8'))).toMatchObject({ owner: 'me' });
  expect(await readFile(files[1]!, 'utf8')).not.toContain('login');
});

import { expect, test } from 'vitest';
import { until } from '../support/poll.js';
import { scene } from './scene.js';
import { specs } from './specs.js';

test("a run's streams and exit code, and the worker gone after it", async () => {
  const one = await scene({ spec: specs.process() });
  const { code, stdout, stderr } = await one.cli(['run', 'SPEC', '--', 'sh', '-c', 'echo "$MAYFLY_WORKER"; echo err >&2; exit 9']);
  const [, name = ''] = new RegExp(`^(${one.name}-[a-z0-9]{4}): the worker of this run\n`).exec(stderr) ?? [];
  expect([code, stdout]).toEqual([9, `${name}\n`]);
  expect(stderr).toMatch(/^err$/m);
  expect(await one.leftAtLast()).toEqual([]);
  expect(await one.must(['show', name])).toMatch(/: destroyed$/m);
});

test('a run passes standard input on', async () => {
  const one = await scene({ spec: specs.process() });
  const { code, stdout } = await one.cli(['run', 'SPEC', '-i', '--', 'wc', '-c'], { input: 'x'.repeat(100_000) });
  expect([code, stdout.trim()]).toEqual([0, '100000']);
  expect(await one.leftAtLast()).toEqual([]);
});

const moments: Record<string, (stdout: string, stderr: string) => boolean> = {
  'while the command runs': (stdout) => stdout.includes('up'),
  'as soon as it is armed': (_stdout, stderr) => stderr.includes('armed'),
};
test.for(Object.entries(moments))('Ctrl-C ends the worker, %s', async ([, isNow]) => {
  const one = await scene({ spec: specs.process() });
  const running = await one.start(['run', 'SPEC', '--', 'sh', '-c', 'echo up; sleep 1000'], { input: '' });
  await until('the moment', () => isNow(running.stdout(), running.stderr()), { withinMs: 30_000 });
  running.child.kill('SIGINT');
  const { code, stderr } = await running.done;
  expect(code).toBe(130);
  expect(stderr).toMatch(new RegExp(`^Interrupted: ${one.name}-[a-z0-9]{4} was ended\\.$`, 'm'));
  expect(await one.leftAtLast()).toEqual([]);
});

test('a run that is refused leaves the worker alone that lives', async () => {
  const one = await scene({ spec: specs.process() });
  await one.must(['apply', 'SPEC', '--auto-approve']);
  const before = await one.left();
  expect((await one.cli(['run', 'SPEC', '--name', 'NAME', '--', 'true'])).code).toBe(1);
  expect(await one.left()).toEqual(before);
  // One with a name of its own lives beside it.
  expect((await one.cli(['run', 'SPEC', '--', 'true'])).code).toBe(0);
  expect(await one.left()).toEqual(before);
  await one.must(['destroy', 'NAME', '--auto-approve']);
});

test('a run that is killed: the keeper ends its worker, and says why', async () => {
  const one = await scene({ spec: specs.process() });
  const running = await one.start(['run', 'SPEC', '--name', 'NAME', '--', 'sh', '-c', 'echo up; sleep 1000'], { input: '' });
  await until('it runs', () => running.stdout().includes('up'), { withinMs: 30_000 });
  running.child.kill('SIGKILL');
  await until('nothing is left', async () => (await one.left()).length === 0, { withinMs: 20_000 });
  expect(await one.must(['show', 'NAME'])).toMatch(/: runner gone$/m);
});

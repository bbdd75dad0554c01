import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { until } from '../support/poll.js';
import { type Scene, scene } from './scene.js';
import { specs } from './specs.js';

const daemons: Record<string, () => Promise<Scene>> = {
  process: () => scene({ spec: specs.process() }),
  ...(dockerAvailable() && { docker: () => scene({ docker: 'real', spec: specs.docker() }) }),
};

describe.for(Object.entries(daemons))('wait, on %s', ([, open]) => {
  test('until it is ready, and until it has ended and why', async () => {
    const one = await open();
    const applying = await one.start(['apply', 'SPEC', '--auto-approve']);
    await until('something of it', async () => (await one.left()).some((left) => /^(container|process) /.test(left)), { withinMs: 30_000 });
    expect(await one.must(['wait', 'NAME', '--for', 'ready', '--timeout', '1m'])).toMatch(
      new RegExp(`^${one.name} is ready; it ends at \\d\\d:\\d\\d:\\d\\d \\(in .*\\)\\.\n$`),
    );
    expect((await applying.done).code).toBe(0);
    expect(JSON.parse(await one.must(['wait', 'NAME', '--for', 'ready', '--json']))).toMatchObject({ worker: one.name, status: 'ready' });

    const waiting = await one.start(['wait', 'NAME']);
    const asJson = await one.start(['wait', 'NAME', '--for', 'ended', '--json']);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await waiting.done).toMatchObject({ code: 0, stdout: expect.stringMatching(/ ended at \d\d:\d\d:\d\d: destroyed\.\n$/) });
    const ended = { worker: one.name, status: 'ended', reason: 'destroyed', why: 'destroyed', ended: expect.any(String) };
    expect(JSON.parse((await asJson.done).stdout)).toEqual(ended);
    expect(JSON.parse(await one.must(['wait', 'NAME', '--json']))).toEqual(ended);
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('a worker whose engine ends', async () => {
    const one = await open();
    const { engine, ...spec } = JSON.parse(await readFile(one.specPath, 'utf8')) as { engine: object };
    await one.write({ ...spec, engine: { ...engine, command: ['sh', '-c', 'until test -e done; do sleep 0.1; done; exit 3'] } });
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const waiting = await one.start(['wait', 'NAME']);
    await one.must(['exec', 'NAME', '--', 'touch', 'done']);
    expect(await waiting.done).toMatchObject({ code: 3, stdout: expect.stringMatching(/: engine ended with exit code 3\.\n$/) });
    expect(await one.leftAtLast()).toEqual([]);
  });
});

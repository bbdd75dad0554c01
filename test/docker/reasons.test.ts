import { describe, expect, test } from 'vitest';
import { scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { dockerAvailable, images } from '../support/docker.js';

const box = { name: 'box', image: images.busybox, cpu: 10, memory: 32, storage: 5 };
const spec = (more = {}) => specs.docker({ memory: 96, storage: 40, containers: [box], ...more });
/** Reads zeros without an end of line into memory. */
const hungry = 'tail /dev/zero';

describe.skipIf(!dockerAvailable())('out of memory on Docker', () => {
  test.for([
    ['the command itself', hungry, 137],
    ['a child of it', `${hungry}; test $? = 137 && exit 5`, 5],
  ] as const)('%s is named with container and limit, and in the history', async ([, command, code]) => {
    const one = await scene({ docker: 'real', spec: spec() });
    const ran = await one.cli(['run', 'SPEC', '--in', 'box', '--', 'sh', '-c', command]);
    expect([ran.code, ran.stderr.trimEnd().split('\n').at(-1)]).toEqual([
      code,
      expect.stringMatching(/^[a-z0-9-]+: container box ran out of memory \(limit 32 MB\)$/),
    ]);
    const name = ran.stderr.trimEnd().split('\n').at(-1)!.split(':')[0]!;
    expect(await one.must(['show', name])).toContain(': container box ran out of memory (limit 32 MB)\n');
    expect(await one.leftAtLast()).toEqual([]);
  });

  test('a command of exec, and the worker lives on; then the engine, and its log is kept', async () => {
    const engine = { image: images.busybox, command: ['sh', '-c', `echo up; until test -e /go; do sleep 0.1; done; exec ${hungry}`] };
    const one = await scene({ docker: 'real', spec: spec({ memory: 64, engine }) });
    await one.must(['apply', 'SPEC', '--auto-approve']);
    expect(await one.cli(['exec', 'NAME', 'box', '--', 'sh', '-c', `exec ${hungry}`])).toMatchObject({
      code: 137,
      stderr: `${one.name}: container box ran out of memory (limit 32 MB)\n`,
    });
    expect(await one.cli(['exec', 'NAME', 'box', '--', 'false'])).toMatchObject({ code: 1, stderr: '' });
    await one.must(['exec', 'NAME', '--', 'touch', '/go']);
    const waited = await one.cli(['wait', 'NAME', '--json']);
    expect([waited.code, JSON.parse(waited.stdout)]).toMatchObject([
      137,
      { reason: 'out_of_memory', why: 'engine ran out of memory (limit 64 MB)' },
    ]);
    expect(await one.must(['logs', 'NAME'])).toBe('up\n');
    expect(await one.leftAtLast()).toEqual([]);
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { until } from '../support/poll.js';
import { runCli } from '../support/run-cli.js';
import { afterTest } from '../support/temp-dir.js';
import { containersOf, leftOf, overseen, server } from './service.js';

/** A keeper looks every 5 s, and an end takes its time. */
const oneLook = 10_000;

const spec = (seconds: number) => ({
  ...{ name: 'short', max_duration: seconds, create_timeout: 4, cpu: 10, memory: 16, storage: 10 },
  engine: { image: images.busybox, command: ['sleep', '100000'] },
});

test.skipIf(!dockerAvailable())(
  'a service that is stopped inside a create makes no worker past its fence, no second service takes over, and another is untouched',
  async () => {
    let release = () => {};
    let reached = () => {};
    const isReached = new Promise<void>((resolve) => (reached = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    let holds = true;
    const proxy = await startDockerProxy({
      async onCall({ method, path, moment }) {
        if (!holds || moment !== 'before' || method !== 'POST' || !path.includes('/containers/create')) return;
        reached();
        await held;
      },
    });
    afterTest(() => proxy.close());
    const other = await server(proxy.host);
    holds = false;
    const neighbour = await other.start();
    const theirs = await neighbour.submit({ ...spec(120), create_timeout: 60 }, 1);
    await until('its worker is ready', async () => (await neighbour.run(theirs.id)).state === 'running', {
      withinMs: 60_000,
      everyMs: 250,
    });
    const before = await leftOf(theirs.id);

    holds = true;
    const { on, start } = await server(proxy.host);
    await writeFile(join(on.home, 'mayfly.config.yaml'), JSON.stringify({ serve: { margin: '1s' } }));
    const service = await start();
    const { id } = await service.submit(spec(3), 1);
    const oracle = overseen(id, [undefined]);
    await isReached;
    service.cli.child.kill('SIGSTOP');
    expect(await runCli(['serve', '--port', '0'], { machine: on, env: { DOCKER_HOST: proxy.host } })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another mayfly serve uses this directory') as string,
    });
    // Its fence and the margin are over 8 s after its placement.
    await setTimeout(9000);
    release();
    await until('the late object is there', async () => (await containersOf(id)).length > 0);
    service.cli.child.kill('SIGCONT');
    await until('the late object is gone', async () => (await leftOf(id)).length === 0, { withinMs: oneLook, everyMs: 100 });
    await until('the run has ended', async () => (await service.run(id)).state === 'failed', { withinMs: 30_000, everyMs: 250 });
    expect(await service.events(id)).toBe('queued placed provisioning attempt_failed failed');
    expect([await oracle.stop(), await leftOf(id)]).toEqual([[], []]);

    expect([(await neighbour.run(theirs.id)).state, await leftOf(theirs.id)]).toEqual(['running', before]);
    await neighbour.post(`/v1/runs/${theirs.id}/cancel`);
    await until('it is cancelled', async () => (await neighbour.run(theirs.id)).state === 'cancelled', { withinMs: 60_000, everyMs: 250 });
    expect(await leftOf(theirs.id)).toEqual([]);
    for (const { cli } of [service, neighbour]) {
      cli.child.kill('SIGTERM');
      expect((await cli.done).code).toBe(0);
    }
  },
);

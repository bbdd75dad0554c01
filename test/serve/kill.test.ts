import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { v5 } from 'uuid';
import { dockerAvailable, images } from '../support/docker.js';
import { type Moment, startDockerProxy } from '../support/docker-proxy.js';
import { limiter } from '../kill/limit.js';
import { until } from '../support/poll.js';
import { afterTest } from '../support/temp-dir.js';
import { leftOf, overseen, type RunAnswer, server, type Service } from './service.js';

/** Short lives: a worker ends 5 s after it became ready. */
const spec = (seconds: number) => ({
  ...{ name: 'short', max_duration: seconds, create_timeout: 30, cpu: 10, memory: 16, storage: 10 },
  engine: { image: images.busybox, command: ['sleep', '100000'] },
});

interface Point {
  call: RegExp;
  moment: Moment;
}

/** Classes of calls in a run's life at which the service is killed. */
const points: Record<string, Point> = {
  'before the engine is made': { call: /^POST \S*\/containers\/create/, moment: 'before' },
  'when the engine is made, without the reply': { call: /^POST \S*\/containers\/create/, moment: 'acted' },
  'before the engine is started': { call: /^POST \S*\/containers\/[^/]+\/start/, moment: 'before' },
  'when the engine has started, without the reply': { call: /^POST \S*\/containers\/[^/]+\/start/, moment: 'acted' },
  'after the engine has started': { call: /^POST \S*\/containers\/[^/]+\/start/, moment: 'after' },
  'before the lease is written': { call: /^POST \S*\/volumes\/create/, moment: 'before' },
  'when the lease is written, without the reply': { call: /^POST \S*\/volumes\/create/, moment: 'acted' },
  'after the lease is written': { call: /^POST \S*\/volumes\/create/, moment: 'after' },
  'when the keeper has removed the engine': { call: /^DELETE \S*\/containers\//, moment: 'acted' },
  'at a look': { call: /^GET \S*\/containers\/json/, moment: 'acted' },
};

/** @returns every difference from one whole life */
async function killedAt({ call, moment }: Point): Promise<unknown[]> {
  let victim: Service | null = null;
  const proxy = await startDockerProxy({
    onCall({ method, path, moment: now }) {
      if (victim === null || now !== moment || !call.test(`${method} ${path}`)) return undefined;
      victim.cli.child.kill('SIGKILL');
      victim = null;
      return 'drop';
    },
  });
  afterTest(() => proxy.close());
  const { on, start } = await server(proxy.host);
  const first = await start();
  const installation = (await readFile(join(on.stateDir, 'serve', 'installation'), 'utf8')).trim();
  const id = v5('default\njob', installation);
  const oracle = overseen(id, [undefined]);
  victim = first;
  await first.submit(spec(5)).catch(() => {});
  await first.cli.done;
  const second = await start();
  await second.submit(spec(5));
  const state = await until('the run has ended', async () => isFinal(await second.run(id)), { withinMs: 90_000, everyMs: 250 });
  const events = await second.events(id);
  const found = [state, events, ...(await oracle.stop()), ...(await leftOf(id))];
  second.cli.child.kill('SIGTERM');
  const { code } = await second.cli.done;
  const wanted = ['completed/expired/1', 'queued placed provisioning ready worker_gone completed'];
  return code === 0 && found.join() === wanted.join() ? [] : [code, ...found];
}

function isFinal({ state, reason, attempt }: RunAnswer): string | false {
  return /completed|failed|cancelled/.test(state) && `${state}/${reason}/${attempt}`;
}

test.skipIf(!dockerAvailable())(
  'killed at each class of call, the service continues with the same worker, and its run has one end',
  async () => {
    const some = limiter(5);
    const wrong = await Promise.all(
      Object.entries(points).map(([name, point]) => some(async () => (await killedAt(point)).map((difference) => [name, difference]))),
    );
    expect(wrong.flat()).toEqual([]);
  },
);

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { dockerAvailable, images, ownedObjects } from '../support/docker.js';
import { startOwnDocker } from '../support/own-docker.js';
import { until } from '../support/poll.js';
import { random } from '../dispatch/schedule/seeded-trace.js';
import { brokenPromises, overseenCapacity, type RunEvent } from './promise-oracle.js';
import { type Service, server } from './service.js';

const count = 60;
const capacity = 1000;
const seed = Number(process.env['MAYFLY_SEED'] ?? 1);

/** Every fifth run needs a whole node, some live until their time is up, and the others end before. */
function specs(): Record<string, unknown>[] {
  const next = random(seed);
  const between = (low: number, high: number) => Math.round(low + next() * (high - low));
  return Array.from({ length: count }, (_, index) => {
    const expires = index % 10 === 2;
    const lives = expires ? 100 : between(5, 30) / 10;
    return {
      ...{ name: `run-${index}`, memory: 16, storage: 10, create_timeout: 15 },
      ...{ cpu: index % 5 === 4 ? capacity : between(1, 6) * 100, max_duration: expires ? 8 : between(8, 20) },
      engine: { image: images.busybox, command: ['sh', '-c', `trap 'exit 143' TERM; sleep ${lives} & wait`] },
    };
  });
}

test.skipIf(!dockerAvailable())(
  `${count} runs with random ends on three daemons (seed ${seed}): no promise is broken, and no capacity is exceeded`,
  async () => {
    const daemons = await Promise.all([1, 2, 3].map(() => startOwnDocker([images.busybox])));
    const sockets = daemons.map(({ socketPath }) => socketPath);
    const { on, start } = await server(daemons[0]!.host);
    const nodes = daemons.map(({ host }, index) => ({ backend: 'docker', name: `n${index}`, endpoint: host, capacity: { cpu: capacity } }));
    await writeFile(join(on.home, 'mayfly.config.yaml'), JSON.stringify({ serve: { nodes, margin: '15s', poll_period: '1s' } }));
    const service = await start();

    const asked = new Map<string, number>();
    const oracle = overseenCapacity(sockets, asked, capacity);
    const next = random(seed + 1);
    const ids: string[] = [];
    for (const spec of specs()) {
      const { id } = await service.submit(spec, 1, spec['name'] as string);
      asked.set(id, spec['cpu'] as number);
      ids.push(id);
      await setTimeout(next() * 400);
    }
    await until('all runs are over', () => isOver(service), { withinMs: 150_000, everyMs: 500 });
    const seen = await oracle.stop();
    const events = await Promise.all(ids.map((id) => eventsOf(service, id)));

    expect(events.flatMap(brokenPromises)).toEqual([]);
    expect(seen.broken).toEqual([]);
    const states = await Promise.all(ids.map(async (id) => (await service.run(id)).state));
    expect(states.filter((state) => state !== 'completed')).toEqual([]);
    const left = await Promise.all(sockets.map((socket) => ownedObjects(undefined, socket)));
    expect(left.flat().filter(({ name }) => name !== 'mayfly')).toEqual([]);
    const promised = events.filter((all) => all.some(({ type }) => type === 'promised'));
    process.stdout.write(`${promised.length} runs had promises; at most ${seen.most} millicores in ${seen.looks} looks\n`);
    expect(promised.length).toBeGreaterThanOrEqual(10);
    expect(seen.most).toBe(capacity);
    service.cli.child.kill('SIGTERM');
    expect((await service.cli.done).code).toBe(0);
  },
);

async function isOver(service: Service): Promise<boolean> {
  const { runs } = (await service.get('/v1/runs?limit=1&state=queued,placed,provisioning,running,ending')) as { runs: unknown[] };
  return runs.length === 0;
}

async function eventsOf(service: Service, id: string): Promise<RunEvent[]> {
  return ((await service.get(`/v1/runs/${id}/events?limit=1000`)) as { events: RunEvent[] }).events;
}

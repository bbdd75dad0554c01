import { createParser } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { until } from '../support/poll.js';
import { server, type Service } from './service.js';

const restarts = 10;
const followers = 4;
/** Reconnects of each follower, beside those after a restart. */
const cuts = 10;

interface Seen {
  /** Ids of the events of runs, as they came. */
  ids: number[];
  cuts: number;
}

/** Follows all events until the signal, and goes on after its last id whenever the connection ends. It cuts some connections itself. */
async function follow(current: () => Service, seen: Seen, every: number, stop: AbortSignal): Promise<void> {
  let last = '0';
  while (!stop.aborted) {
    const { url, token } = current();
    const cut = new AbortController();
    const end = () => cut.abort();
    stop.addEventListener('abort', end);
    let events = 0;
    const parser = createParser({
      onEvent({ id, event }) {
        if (cut.signal.aborted) return;
        last = id!;
        if (event === 'position') return;
        seen.ids.push(Number(id));
        events += 1;
        if (events < every || seen.cuts >= cuts) return;
        seen.cuts += 1;
        cut.abort();
      },
    });
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream', 'last-event-id': last };
      const answer = await fetch(`${url}/v1/events`, { headers, signal: cut.signal });
      const decoder = new TextDecoder();
      for await (const chunk of answer.body!) parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
    } catch {
      // The connection was cut, or the service was killed.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    stop.removeEventListener('abort', end);
  }
}

test('over 10 restarts by SIGKILL and 40 reconnects, each follower gets every event once and in order', async () => {
  // Without Docker: the run waits, and each change of its priority is an event.
  const { start } = await server('unix:///nonexistent.sock');
  let service = await start();
  const { id } = await service.submit({ name: 'one', max_duration: 60, engine: { image: 'alpine' } });
  const stop = new AbortController();
  let stored = 0;
  const edit = async () => {
    for (let priority = 1; !stop.signal.aborted; priority = (priority % 999) + 1) {
      const { url, token } = service;
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      await fetch(`${url}/v1/runs/${id}`, { method: 'PATCH', headers, body: JSON.stringify({ priority }) }).then(
        (answer) => answer.text().then(() => (stored += 1)),
        () => new Promise((resolve) => setTimeout(resolve, 20)),
      );
    }
  };
  const seen = Array.from({ length: followers }, () => ({ ids: [], cuts: 0 }));
  const working = [edit(), ...seen.map((one, index) => follow(() => service, one, 7 + index, stop.signal))];
  for (let restart = 0; restart < restarts; restart += 1) {
    const before = stored;
    await until('more events are stored', () => stored > before + 10);
    service.cli.child.kill('SIGKILL');
    await service.cli.done;
    service = await start();
  }
  await until('the followers have cut their connections', () => seen.every((one) => one.cuts === cuts));
  const all: number[] = [];
  for (let page = [0]; page.length > 0; all.push(...page)) {
    const { events } = (await service.get(`/v1/runs/${id}/events?limit=1000&after=${all.at(-1) ?? 0}`)) as {
      events: { sequence: number }[];
    };
    page = events.map(({ sequence }) => sequence);
  }
  await until('the followers have them all', () => seen.every(({ ids }) => ids.length >= all.length));
  stop.abort();
  await Promise.all(working);
  for (const { ids } of seen) expect(ids.slice(0, all.length)).toEqual(all);
  expect(all.length).toBeGreaterThan(restarts * 10);
  service.cli.child.kill('SIGTERM');
  expect((await service.cli.done).code).toBe(0);
});

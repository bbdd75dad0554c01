import { expect, test } from 'vitest';
import { Commits } from '../../../../src/dispatch/store/commits.js';
import { Feed } from '../../../../src/dispatch/events/feed.js';
import { Follower } from '../../../../src/dispatch/http/streams/follower.js';
import type { FeedEvent, FeedQuery } from '../../../../src/dispatch/store/store.js';
import { steppedClock } from '../../../support/stepped-clock.js';
import { untilIdle } from '../../../support/idle.js';
import { parsed } from './scene.js';

function event(sequence: number, run = 'a'): FeedEvent {
  return { event: { sequence, run, attempt: 0, at: 0, type: 'note', data: {} }, organisation: 'team', labels: {} };
}

/** A follower of a feed whose reads the test answers. */
function following(run: string | null, newest: number) {
  const commits = new Commits();
  const reads: { query: FeedQuery; answer: (events: FeedEvent[]) => void }[] = [];
  const feed = new Feed({
    commits,
    feed: (query) => new Promise((resolve) => reads.push({ query, answer: resolve })),
    sequences: () => Promise.resolve({ newest, removed: 0 }),
  });
  const closed = new AbortController().signal;
  const follower = new Follower({ feed, clock: steppedClock(), after: 0, newest, run, matches: () => true, closed });
  const read = async (after: number, events: FeedEvent[]) => {
    await untilIdle();
    expect(reads.map(({ query }) => query.after)).toEqual([after]);
    reads.shift()!.answer(events);
    await untilIdle();
  };
  return { commits, follower, read, idle: () => untilIdle().then(() => reads.length === 0) };
}

test('an event that is stored between the opening of a stream and its first read comes once', async () => {
  const { follower, read } = following('a', 1);
  await follower.next();
  const first = follower.next();
  await read(0, [event(1), event(3)]);
  expect(parsed((await first)!).ids).toEqual([1, 3]);
  const second = follower.next();
  await read(3, [event(4, 'b'), event(5)]);
  expect(parsed((await second)!).ids).toEqual([5]);
});

test('a commit during a read makes another read, and one between two reads too', async () => {
  const { commits, follower, read, idle } = following(null, 0);
  await follower.next();
  const first = follower.next();
  await untilIdle();
  commits.report();
  await read(0, []);
  await read(0, [event(1)]);
  expect(parsed((await first)!).ids).toEqual([1]);
  commits.report();
  await untilIdle();
  const second = follower.next();
  await read(1, [event(2)]);
  expect(parsed((await second)!).ids).toEqual([2]);
  void follower.next();
  expect(await idle()).toBe(true);
});

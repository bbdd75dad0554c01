import { describe, expect, onTestFinished, test } from 'vitest';
import type { Run } from '../../../src/dispatch/run.js';
import type { Store } from '../../../src/dispatch/store/store.js';
import { newRun, sampleRun } from './samples.js';

const event = { at: 5_000, type: 'changed', data: { by: 'test' } };

/** Every store keeps it. `open`: an empty store. */
export function storeContract(title: string, open: () => Promise<Store>): void {
  async function opened(): Promise<Store> {
    const store = await open();
    onTestFinished(() => store.close());
    return store;
  }
  async function storeWith(...runs: Parameters<typeof newRun>[]): Promise<Store> {
    const store = await opened();
    for (const run of runs) await store.insert(newRun(...run));
    return store;
  }
  const ids = (runs: readonly Run[]) => runs.map(({ id }) => Number(id.slice(-12)));

  describe(title, () => {
    test('a run is read as it was stored, with its secrets and its event', async () => {
      const run = sampleRun(1, {
        labels: { team: 'a', 'ci.job/id': 'ü "7"' },
        next: { state: 'failed', reason: 'not_ready', exitCode: 3 },
        reason: 'retry',
        node: 'docker',
        worker: 'r1',
        until: 1_700_000_000,
        notBefore: 9_007_199_254_740_991,
      });
      const store = await opened();
      const stored = await store.insert({ ...newRun(1), run });
      expect(stored).toEqual({ stored: true });
      expect(await store.run(run.id)).toEqual(run);
      expect(await store.secrets(run.id)).toEqual(Uint8Array.of(1, 0, 255));
      expect(await store.events({ limit: 10 })).toEqual([{ sequence: 1, run: run.id, attempt: 0, at: 1001, type: 'queued', data: {} }]);
      expect(await store.run(sampleRun(2).id)).toBeNull();
    });

    test('a second run of the same id is not stored; the first one is returned with the hash of its body', async () => {
      const store = await storeWith([1]);
      const again = await store.insert({ ...newRun(1, { priority: 1 }), bodyHash: 'another' });
      expect(again).toEqual({ stored: false, existing: sampleRun(1), bodyHash: 'body of 1' });
      expect(await store.events({ limit: 10 })).toHaveLength(1);
    });

    test('a change is stored with its event and raises the revision', async () => {
      const store = await storeWith([1]);
      const changed = await store.change(sampleRun(1), { state: 'placed', node: 'docker', attempt: 1, labels: { a: 'b' } }, event);
      expect(changed).toEqual(sampleRun(1, { state: 'placed', node: 'docker', attempt: 1, labels: { a: 'b' }, revision: 2 }));
      expect(await store.run(sampleRun(1).id)).toEqual(changed);
      expect(await store.events({ limit: 10, after: 1 })).toEqual([
        { sequence: 2, run: sampleRun(1).id, attempt: 1, at: 5_000, type: 'changed', data: { by: 'test' } },
      ]);
    });

    test('of two changes of one revision the first is stored, and the second leaves nothing', async () => {
      const store = await storeWith([1]);
      const both = await Promise.all([
        store.change(sampleRun(1), { priority: 1 }, event),
        store.change(sampleRun(1), { priority: 2 }, event, { number: 1, node: 'docker', startedAt: 1 }),
      ]);
      expect(both).toEqual([sampleRun(1, { priority: 1, revision: 2 }), null]);
      expect(await store.events({ limit: 10 })).toHaveLength(2);
      expect(await store.attempts(sampleRun(1).id)).toEqual([]);
    });

    test('a state that may not follow is not stored', async () => {
      const store = await storeWith([1], [2, { state: 'completed' }]);
      expect(await store.change(sampleRun(1), { state: 'running' }, event)).toBeNull();
      expect(await store.change(sampleRun(2), { state: 'queued' }, event)).toBeNull();
      expect(await store.change(sampleRun(3), { priority: 1 }, event)).toBeNull();
    });

    test('secrets are deleted at the final state, and at no other', async () => {
      const store = await storeWith([1]);
      const { id } = sampleRun(1);
      const priority = await store.change(sampleRun(1), { priority: 1 }, event);
      expect(await store.secrets(id)).not.toBeNull();
      await store.change(priority!, { state: 'cancelled' }, event);
      expect(await store.secrets(id)).toBeNull();
    });

    test('an attempt is made, changed and listed by its number', async () => {
      const store = await storeWith([1]);
      const { id } = sampleRun(1);
      const error = { code: 'not_ready', problems: [{ cause: 'the port is closed' }] };
      const end = { worker: 'r1', backend: 'docker', endpoint: 'unix', reason: 'expired' as const, endedAt: 15, containers: [] };
      await store.change(sampleRun(1), {}, event, { number: 2, node: 'b', startedAt: 20 });
      await store.change(sampleRun(1, { revision: 2 }), {}, event, { number: 1, node: 'a', startedAt: 10 });
      await store.change(sampleRun(1, { revision: 3 }), {}, event, { number: 1, endedAt: 15, error, end });
      expect(await store.attempts(id)).toEqual([
        { run: id, number: 1, node: 'a', startedAt: 10, readyAt: null, endedAt: 15, error, end, price: 0, cost: 0 },
        { run: id, number: 2, node: 'b', startedAt: 20, readyAt: null, endedAt: null, error: null, end: null, price: 0, cost: 0 },
      ]);
    });

    describe('money', () => {
      const [november, december] = [Date.parse('2026-11-30T23:00:00Z'), Date.parse('2026-12-01T00:00:00Z')];
      const at = (time: number) => ({ ...event, at: time });
      /** Places a run of the organisation red: 3.6 dollars an hour, so a thousandth a second. */
      const place = (store: Store, number: number, cost: number, budget: number | null = null, time = november) =>
        store.change(
          sampleRun(number),
          { state: 'placed', lastTryAt: time },
          at(time),
          { number: 1, node: 'docker', startedAt: 1, price: 3_600_000, cost },
          budget,
        );

      test('an attempt reserves its highest cost, up to the budget itself; one above it leaves nothing', async () => {
        const store = await storeWith([1], [2], [3], [4, { organisation: 'blue' }]);
        expect(await place(store, 1, 60_000, 100_000)).not.toBeNull();
        await expect(place(store, 2, 40_001, 100_000)).rejects.toMatchObject({
          code: 'limit_exceeded',
          message: '$0.11 would be spent or reserved in 2026-11, and the budget of red is $0.10',
        });
        expect([await store.run(sampleRun(2).id), await store.attempts(sampleRun(2).id)]).toEqual([sampleRun(2), []]);
        expect(await store.events({ run: sampleRun(2).id, limit: 9 })).toHaveLength(1);
        expect(await place(store, 3, 40_000, 100_000)).not.toBeNull();
        expect(await place(store, 4, 100_000, 100_000)).not.toBeNull();
        expect([await store.spent('red', '2026-11'), await store.spent('blue', '2026-11')]).toEqual([100_000, 100_000]);
      });

      test('of two reservations in one turn that are too much together, one is stored', async () => {
        const store = await storeWith([1], [2]);
        const outcomes = await Promise.allSettled([place(store, 1, 60_000, 100_000), place(store, 2, 60_000, 100_000)]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
        expect(await store.spent('red', '2026-11')).toBe(60_000);
      });

      test('a change that reserves nothing is stored above the budget', async () => {
        const store = await storeWith([1], [2]);
        await place(store, 1, 60_000);
        expect(await place(store, 2, 0, 10_000)).not.toBeNull();
        expect(await store.change(sampleRun(1, { revision: 2 }), { priority: 1 }, event, undefined, 10_000)).not.toBeNull();
      });

      test.each([
        ['its time', 10_000, 10_000],
        ['no more than it has reserved', 90_000, 60_000],
        ['nothing where the clock was set back', -5_000, 0],
      ])('an attempt that ended costs %s, in its month, once', async (_, ms, cost) => {
        const store = await storeWith([1]);
        const placed = await place(store, 1, 60_000);
        const ending = await store.change(placed!, { state: 'ending' }, at(november));
        await store.change(ending!, { state: 'completed' }, at(november + ms), { number: 1, endedAt: 99 });
        expect(await store.attempts(sampleRun(1).id)).toMatchObject([{ price: 3_600_000, cost, endedAt: 99 }]);
        expect([await store.spent('red', '2026-11'), await store.spent('red', '2026-12')]).toEqual([cost, 0]);
      });

      test('an attempt whose end is unknown costs all that it has reserved', async () => {
        const store = await storeWith([1]);
        const placed = await place(store, 1, 60_000);
        const ending = await store.change(placed!, { state: 'ending' }, at(november));
        const unknown = { state: 'failed', reason: 'end_unknown' } as const;
        await store.change(ending!, unknown, at(november + 1000), { number: 1, endedAt: 99 });
        expect([await store.attempts(sampleRun(1).id), await store.spent('red', '2026-11')]).toMatchObject([[{ cost: 60_000 }], 60_000]);
      });

      test('a reservation counts in every month, and the cost in the month in which the attempt ended', async () => {
        const store = await storeWith([1], [2]);
        const placed = await place(store, 1, 7_200_000);
        expect([await store.spent('red', '2026-11'), await store.spent('red', '2026-12')]).toEqual([7_200_000, 7_200_000]);
        await expect(place(store, 2, 3_000_000, 10_000_000, december)).rejects.toMatchObject({ code: 'limit_exceeded' });
        const ending = await store.change(placed!, { state: 'ending' }, at(december));
        await store.change(ending!, { state: 'completed' }, at(december), { number: 1, endedAt: 99 });
        expect([await store.spent('red', '2026-11'), await store.spent('red', '2026-12')]).toEqual([0, 3_600_000]);
        expect(await place(store, 2, 6_400_000, 10_000_000, december)).not.toBeNull();
      });

      test('the cost of a removed run stays spent', async () => {
        const store = await storeWith([1]);
        const placed = await place(store, 1, 60_000);
        const ending = await store.change(placed!, { state: 'ending' }, at(november));
        await store.change(ending!, { state: 'completed', completedAt: 5 }, at(november + 1000), { number: 1, endedAt: 99 });
        expect(await store.removeFinished(10)).toBe(1);
        expect(await store.spent('red', '2026-11')).toBe(1_000);
      });
    });

    test('a change with an attempt that cannot be stored is not stored, and its neighbours are', async () => {
      const store = await storeWith([1], [2]);
      const outcomes = await Promise.allSettled([
        store.change(sampleRun(1), { priority: 1 }, event),
        store.change(sampleRun(2), { priority: 1 }, event, { number: 1, endedAt: 1 }),
        store.insert(newRun(3)),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await store.run(sampleRun(1).id))?.priority).toBe(1);
      expect((await store.run(sampleRun(2).id))?.priority).toBe(500);
      expect(ids((await store.runs({ limit: 10 })).runs)).toEqual([3, 2, 1]);
    });

    test('pages follow each other, newest first, with equal times by id', async () => {
      const store = await opened();
      await Promise.all([1, 2, 3, 4, 5].map((number) => store.insert(newRun(number, { createdAt: number < 4 ? 7 : 8 }))));
      const first = await store.runs({ limit: 2 });
      const second = await store.runs({ limit: 2, after: first.next! });
      const third = await store.runs({ limit: 2, after: second.next! });
      expect([first, second, third].map(({ runs }) => ids(runs))).toEqual([[5, 4], [3, 2], [1]]);
      expect(third.next).toBeNull();
      expect((await store.runs({ limit: 5 })).next).toBeNull();
    });

    test('a run that comes between two pages is on neither', async () => {
      const store = await storeWith([1], [2]);
      const { next } = await store.runs({ limit: 1 });
      await store.insert(newRun(3));
      expect(ids((await store.runs({ limit: 2, after: next! })).runs)).toEqual([1]);
    });

    test.each<[string, Parameters<Store['runs']>[0], number[]]>([
      ['organisation', { organisation: 'blue', limit: 9 }, [3]],
      ['state', { states: ['queued', 'completed'], limit: 9 }, [4, 3, 1]],
      ['unfinished states', { states: ['running'], limit: 9 }, [2]],
      ['no state', { states: [], limit: 9 }, []],
      ['name', { name: 'test', limit: 9 }, [4, 2]],
      ['label', { labels: { team: 'a' }, limit: 9 }, [2, 1]],
      ['two labels', { labels: { team: 'a', job: '7' }, limit: 9 }, [2]],
      ['label and state', { labels: { team: 'a' }, states: ['queued'], limit: 9 }, [1]],
      ['label and final state', { labels: { team: 'b' }, states: ['completed'], limit: 9 }, [4]],
      ['all', { labels: { team: 'a' }, states: ['running'], name: 'test', organisation: 'red', limit: 9 }, [2]],
      ['label of an organisation that has none', { labels: { team: 'a' }, organisation: 'blue', limit: 9 }, []],
    ])('runs are found by %s', async (_, query, expected) => {
      const store = await storeWith(
        [1, { labels: { team: 'a' } }],
        [2, { labels: { team: 'a', job: '7' }, name: 'test', state: 'running' }],
        [3, { organisation: 'blue' }],
        [4, { labels: { team: 'b' }, name: 'test', state: 'completed' }],
      );
      expect(ids((await store.runs(query)).runs)).toEqual(expected);
    });

    test('changed labels are found, and the earlier ones are not', async () => {
      const store = await storeWith([1, { labels: { team: 'a' } }]);
      await store.change(sampleRun(1), { labels: { team: 'b' } }, event);
      expect(ids((await store.runs({ labels: { team: 'a' }, limit: 9 })).runs)).toEqual([]);
      expect(ids((await store.runs({ labels: { team: 'b' }, limit: 9 })).runs)).toEqual([1]);
    });

    test.each(['x', '12', '_', '1_', '-1_a', "1'_a b"])('the cursor %j is refused', async (after) => {
      const store = await opened();
      await expect(store.runs({ after, limit: 1 })).rejects.toMatchObject({ code: 'usage' });
    });

    test('unfinished runs come oldest first, and each can be changed while they are read', async () => {
      const store = await storeWith([1], [2, { state: 'failed' }], [3, { state: 'running' }]);
      const seen: Run[] = [];
      for await (const run of store.unfinished()) {
        seen.push(run);
        await store.change(run, { priority: 1 }, event);
      }
      expect(ids(seen)).toEqual([1, 3]);
    });

    test('more unfinished runs than a page has are all read, once', async () => {
      const store = await opened();
      await Promise.all(Array.from({ length: 450 }, (_, number) => store.insert(newRun(number))));
      const seen: number[] = [];
      for await (const run of store.unfinished()) seen.push(...ids([run]));
      expect(seen).toEqual(Array.from({ length: 450 }, (_, number) => number));
    });

    test('events have one order over all runs, and are read from any of them on', async () => {
      const store = await storeWith([1], [2]);
      await store.addEvent(sampleRun(1).id, 3, { at: 9, type: 'note', data: { text: 'a' } });
      const all = await store.events({ limit: 10 });
      expect(all.map(({ sequence, run, type }) => [sequence, Number(run.slice(-12)), type])).toEqual([
        [1, 1, 'queued'],
        [2, 2, 'queued'],
        [3, 1, 'note'],
      ]);
      expect(await store.events({ limit: 1, after: 1 })).toEqual([all[1]]);
      expect(await store.events({ limit: 2, newest: true })).toEqual([all[1], all[2]]);
      expect(await store.events({ run: sampleRun(1).id, limit: 1, newest: true })).toEqual([all[2]]);
      expect(await store.events({ run: sampleRun(1).id, limit: 10 })).toEqual([all[0], all[2]]);
      expect(await store.events({ run: sampleRun(1).id, after: 1, limit: 10 })).toEqual([all[2]]);
    });

    test('the feed has the organisation and the labels of each event, of all runs or of one', async () => {
      const store = await opened();
      expect(await store.sequences()).toEqual({ newest: 0, removed: 0 });
      await store.insert(newRun(1, { labels: { team: 'a' } }));
      await store.insert(newRun(2, { organisation: 'blue' }));
      await store.addEvent(sampleRun(1).id, 1, event);
      const brief = async (query: Parameters<Store['feed']>[0]) =>
        (await store.feed(query)).map(({ event: { sequence, run, type }, ...more }) => ({
          sequence,
          run: Number(run.slice(-12)),
          type,
          ...more,
        }));
      const [first, second, third] = [
        { sequence: 1, run: 1, type: 'queued', organisation: 'red', labels: { team: 'a' } },
        { sequence: 2, run: 2, type: 'queued', organisation: 'blue', labels: {} },
        { sequence: 3, run: 1, type: 'changed', organisation: 'red', labels: { team: 'a' } },
      ];
      expect(await brief({ after: 0, limit: 2 })).toEqual([first, second]);
      expect(await brief({ after: 2, limit: 2 })).toEqual([third]);
      expect(await brief({ run: sampleRun(1).id, after: 0, limit: 9 })).toEqual([first, third]);
      expect(await brief({ run: sampleRun(1).id, after: 1, limit: 9 })).toEqual([third]);
      expect(await store.sequences()).toEqual({ newest: 3, removed: 0 });
    });

    test('a reader that is woken by commits sees every event once, in the order of sequences', async () => {
      const store = await storeWith([1]);
      const seen: number[] = [1];
      let reading: Promise<void> = Promise.resolve();
      const read = async () => {
        for (const { sequence } of await store.events({ after: seen.at(-1)!, limit: 1000 })) seen.push(sequence);
      };
      const stop = store.commits.listen(() => void (reading = reading.then(read)));
      const some = Array.from({ length: 500 }, (_, number) => store.addEvent(sampleRun(1).id, 1, { ...event, at: number }));
      // Its statement is undone within the transaction of the others.
      const refused = expect(store.addEvent(sampleRun(2).id, 1, event)).rejects.toThrow();
      await Promise.all([...some, refused]);
      await store.addEvent(sampleRun(1).id, 1, event);
      await reading;
      expect(seen).toEqual(Array.from({ length: 502 }, (_, number) => number + 1));
      stop();
      await store.addEvent(sampleRun(1).id, 1, event);
      await reading;
      expect(seen).toHaveLength(502);
    });

    test('an event of a run that does not exist is refused', async () => {
      const store = await opened();
      await expect(store.addEvent(sampleRun(1).id, 1, event)).rejects.toThrow();
      expect(await store.events({ limit: 1 })).toEqual([]);
      // The statement that failed works again.
      await store.insert(newRun(1));
      await store.addEvent(sampleRun(1).id, 1, event);
    });

    test('usage is of all attempts that lived within a time, with the sizes of their specs', async () => {
      const store = await storeWith([1], [2, { organisation: 'blue', labels: { team: 'a' } }]);
      const attempt = (number: number, startedAt: number, endedAt: number | null) => ({ number, node: 'docker', startedAt, endedAt });
      await store.change(sampleRun(1), {}, event, attempt(1, 10, 20));
      await store.change(sampleRun(1, { revision: 2 }), {}, event, attempt(2, 30, 50));
      await store.change(sampleRun(1, { revision: 3 }), {}, event, attempt(3, 60, null));
      await store.change(sampleRun(2), {}, event, attempt(1, 30, null));
      const usage = [];
      for await (const one of store.usage({ from: 25, to: 60 })) usage.push(one);
      const common = { node: 'docker', readyAt: null, price: 0, cost: 0, asks: { cpu: 500, memory: 256, storage: 100 } };
      expect(usage).toEqual([
        { ...common, run: sampleRun(2).id, organisation: 'blue', labels: { team: 'a' }, number: 1, startedAt: 30, endedAt: null },
        { ...common, run: sampleRun(1).id, organisation: 'red', labels: {}, number: 2, startedAt: 30, endedAt: 50 },
      ]);
    });

    test('usage of more attempts than a page has is read once each, though one ends meanwhile', async () => {
      const store = await opened();
      const runs = Array.from({ length: 450 }, (_, number) => number);
      await Promise.all(runs.map((number) => store.insert(newRun(number))));
      await Promise.all(
        runs.map((number) =>
          store.change(sampleRun(number), {}, event, { number: 1, node: 'docker', startedAt: 1, endedAt: number % 2 === 0 ? null : 5 }),
        ),
      );
      const read: number[] = [];
      for await (const { run } of store.usage({ from: 0, to: 9 })) {
        read.push(Number(run.slice(-12)));
        if (run === sampleRun(0).id) await store.change(sampleRun(0, { revision: 2 }), {}, event, { number: 1, endedAt: 8 });
      }
      expect(read.sort((a, b) => a - b)).toEqual(runs);
    });

    test('ended stealers of a primary are without the borrowed ones', async () => {
      const of = { state: 'failed', completedAt: 9 } as const;
      const store = await storeWith(
        ...[1, 2].map((number): [number, Partial<Run>] => [number, { ...of, primary: 'r1' }]),
        [3, { ...of, primary: 'r2' }],
        [4, { primary: 'r1' }],
        ...[5, 6].map((number): [number, Partial<Run>] => [number, { ...of, primary: 'r1', fleet: 'a' }]),
      );
      expect(ids(await store.fleets.endedStealers('r1', 2))).toEqual([2, 1]);
    });

    test('old events of fleets are removed in parts', async () => {
      const store = await storeWith();
      const add = (_: unknown, index: number) => store.fleets.addEvent('a', { at: index, type: 'freed', data: {} });
      await Promise.all(Array.from({ length: 251 }, add));
      expect([await store.removeFinished(250), await store.removeFinished(250), await store.removeFinished(250)]).toEqual([200, 50, 0]);
      expect(await store.fleets.events({ fleet: 'a', limit: 9 })).toMatchObject([{ at: 250 }]);
    });

    test('finished runs are removed with all that belongs to them, the oldest first; others stay', async () => {
      const store = await storeWith(
        ...[1, 2, 3].map((number) => [number, { state: 'running', labels: { team: 'a' } }] as [number, Partial<Run>]),
      );
      const finish = async (number: number, completedAt: number) => {
        const ending = await store.change(sampleRun(number), { state: 'ending' }, event, { number: 1, node: 'docker', startedAt: 1 });
        await store.change(ending!, { state: 'completed', completedAt }, event);
      };
      await finish(1, 100);
      await finish(2, 200);
      expect(await store.removeFinished(200)).toBe(1);
      expect(await store.removeFinished(200)).toBe(0);
      expect(await store.run(sampleRun(1).id)).toBeNull();
      expect(await store.attempts(sampleRun(1).id)).toEqual([]);
      expect(await store.events({ run: sampleRun(1).id, limit: 9 })).toEqual([]);
      expect(ids((await store.runs({ labels: { team: 'a' }, limit: 9 })).runs)).toEqual([3, 2]);
      expect(await store.events({ run: sampleRun(2).id, limit: 9 })).toHaveLength(3);
      expect(await store.removeFinished(10_000)).toBe(1);
      expect(ids((await store.runs({ limit: 9 })).runs)).toEqual([3]);
      expect(await store.sequences()).toEqual({ newest: 7, removed: 7 });
      // Sequences are not used again.
      await store.addEvent(sampleRun(3).id, 1, event);
      expect((await store.events({ limit: 9 })).map(({ sequence }) => sequence)).toEqual([3, 8]);
    });

    test('an imported run is stored with its history; above the budget, nothing is', async () => {
      const store = await opened();
      const living = { number: 2, node: 'b', startedAt: 20, readyAt: 30, endedAt: null, error: null, end: null, price: 5, cost: 70 };
      const past = { at: 8, type: 'queued', data: {}, attempt: 0 };
      const imported = { ...newRun(1, { state: 'running', attempt: 2, revision: 7 }), history: { attempts: [living], events: [past] } };
      await expect(store.import(imported, 69)).rejects.toMatchObject({ code: 'limit_exceeded' });
      expect(await store.run(sampleRun(1).id)).toBeNull();
      expect(await store.import(imported, 70)).toEqual({ stored: true });
      expect(await store.attempts(sampleRun(1).id)).toEqual([{ run: sampleRun(1).id, ...living }]);
      expect((await store.events({ limit: 9 })).map(({ at, attempt }) => [at, attempt])).toEqual([
        [8, 0],
        [1001, 2],
      ]);
      expect(await store.import(imported, 70)).toMatchObject({ stored: false, existing: { revision: 7 } });
    });

    test('an imported run replaces one that has moved at a lower revision, and no other', async () => {
      const store = await storeWith([1, { state: 'moved', revision: 5 }], [2, { state: 'failed', revision: 5 }]);
      const imported = (number: number, revision: number) => store.import(newRun(number, { revision, priority: 9 }), null);
      expect(await imported(1, 5)).toMatchObject({ stored: false, existing: { state: 'moved' } });
      expect(await imported(2, 6)).toMatchObject({ stored: false, existing: { state: 'failed' } });
      expect(await imported(1, 6)).toEqual({ stored: true });
      expect(await store.run(sampleRun(1).id)).toMatchObject({ state: 'queued', revision: 6, priority: 9 });
    });

    test('tokens are added, found, listed and removed', async () => {
      const store = await opened();
      const token = { id: 'a', hash: 'ff', organisation: 'red', scopes: ['submit', 'read'] as const, createdAt: 2 };
      await store.tokens.add(token);
      await store.tokens.add({ ...token, id: 'b', createdAt: 1 });
      expect(await store.tokens.find('a')).toEqual(token);
      expect((await store.tokens.list()).map(({ id }) => id)).toEqual(['b', 'a']);
      expect(await store.tokens.remove('a')).toBe(true);
      expect(await store.tokens.remove('a')).toBe(false);
      expect(await store.tokens.find('a')).toBeNull();
    });

    test('a setting is replaced', async () => {
      const store = await opened();
      expect(await store.setting('installation')).toBeNull();
      await store.setSetting('installation', '1');
      await store.setSetting('installation', '2');
      expect(await store.setting('installation')).toBe('2');
    });
  });
}

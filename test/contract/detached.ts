import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DetachedOptions, DetachedPlace } from '../../src/backends/ports/detached.js';
import { removeWhole } from '../support/whole.js';
import { type BackendSubject, collector } from './backend.js';

const never = new AbortController().signal;

/** Detached commands, which every backend with sessions has. A subject without a shell has programs for these scripts. The last test kills the worker's container. */
export function detachedContract(title: string, open: () => Promise<BackendSubject>): void {
  describe(`detached commands: ${title}`, () => {
    let subject: BackendSubject;
    let worker: string;

    beforeAll(async () => {
      subject = await open();
      worker = subject.workerName('detached');
      await subject.make(worker, {});
    });
    afterAll(async () => {
      await removeWhole(subject.backend, worker);
      await subject.close();
    });

    const port = () => subject.backend.sessions!.detached;
    const place = (id: string): DetachedPlace => ({ worker, container: 'build', id });
    const start = async (script: string, more: Partial<DetachedOptions> = {}): Promise<string> => {
      const id = more.id ?? randomUUID();
      await port().start({ ...place(id), command: ['sh', '-c', script], timeout: null, cap: 1_000_000, ...more });
      return id;
    };
    const end = async (id: string) => {
      for (;;) {
        const state = await port().state(place(id), { wait: true, signal: never });
        if (state?.state !== 'running') return state;
      }
    };
    const output = async (id: string, from = 0, follow = false) => {
      const { stream, text } = collector();
      const found = await port().output(place(id), { from, follow, signal: never }, stream);
      return { ...found, text: text() };
    };

    test('the exit code and both streams in their order are stored, and can be read from any byte on', async () => {
      const id = await start('printf one; printf two >&2; printf three; exit 7');
      expect(await end(id)).toEqual({ state: 'exited', code: 7 });
      expect(await output(id)).toEqual({ bytes: 11, cut: false, state: { state: 'exited', code: 7 }, text: 'onetwothree' });
      expect(await output(id, 6)).toMatchObject({ bytes: 5, text: 'three' });
      expect(await output(id, 11)).toMatchObject({ bytes: 0, text: '' });
    });

    test('a command has its input, variables and a pipe for its output', async () => {
      const id = await start('cat; echo "$GREETING $MORE"', { input: 'in\n', settings: { env: { MORE: 'of it' } } });
      expect(await output(id, 0, true)).toMatchObject({ state: { state: 'exited', code: 0 }, text: 'in\nhello of it\n' });
    });

    test('a repeated start does nothing', async () => {
      const id = await start('printf once');
      await start('printf twice', { id });
      await end(id);
      await start('printf thrice', { id });
      expect(await output(id)).toMatchObject({ text: 'once', state: { state: 'exited', code: 0 } });
    });

    test('a start may follow its output; a repeated one gets all of it again, and an error is that of a start', async () => {
      const id = randomUUID();
      const options = { ...place(id), command: ['sh', '-c', 'printf one; printf two >&2; printf three; exit 7'], timeout: null, cap: 1000 };
      const followed = async (more: Partial<DetachedOptions> = {}) => {
        const { stream, text } = collector();
        let starts = 0;
        const part = await port().startAndFollow({ ...options, ...more }, { started: () => (starts += 1), sink: stream, signal: never });
        return { ...part, text: text(), starts };
      };
      const whole = { bytes: 11, cut: false, state: { state: 'exited', code: 7 }, text: 'onetwothree', starts: 1 };
      expect(await followed()).toEqual(whole);
      expect(await followed()).toEqual(whole);
      await expect(followed({ container: 'nope' })).rejects.toMatchObject({ code: 'container_unknown' });
    });

    test('a caller that leaves a start that it follows does not end the command', async () => {
      const id = randomUUID();
      const [leaving, { stream, text }] = [new AbortController(), collector()];
      const options = { ...place(id), command: ['sh', '-c', 'echo up; sleep 1000'], timeout: null, cap: 1000 };
      stream.once('data', () => leaving.abort(new Error('left')));
      const follow = { started() {}, sink: stream, signal: leaving.signal };
      await expect(port().startAndFollow(options, follow)).rejects.toThrow('left');
      expect(text()).toBe('up\n');
      expect(await port().state(place(id), { wait: false, signal: never })).toEqual({ state: 'running' });
      await port().stop(place(id), { grace: 1000, signal: never });
      expect(await output(id)).toMatchObject({ text: 'up\n', state: { state: 'stopped' } });
    });

    test('output beyond the cap is dropped', async () => {
      const id = await start('i=0; while [ $i -lt 100 ]; do printf %0100d 7; i=$((i+1)); done; exit 4', { cap: 4096 });
      expect(await end(id)).toEqual({ state: 'exited', code: 4 });
      expect(await output(id)).toMatchObject({ bytes: 4096, cut: true });
    });

    test('nothing is known of a command that was not started', async () => {
      const id = randomUUID();
      expect(await port().state(place(id), { wait: false, signal: never })).toBeNull();
      expect(await port().output(place(id), { from: 0, follow: true, signal: never }, collector().stream)).toBeNull();
      await port().stop(place(id), { grace: 1000, signal: never });
    });

    test('a stop ends a command, and leaves one that has ended as it is', async () => {
      const id = await start('echo up; sleep 1000');
      expect(await port().state(place(id), { wait: false, signal: never })).toEqual({ state: 'running' });
      await port().stop(place(id), { grace: 5000, signal: never });
      expect(await end(id)).toEqual({ state: 'stopped' });
      const other = await start('exit 7');
      await end(other);
      await port().stop(place(other), { grace: 5000, signal: never });
      expect(await end(other)).toEqual({ state: 'exited', code: 7 });
    });

    test('the files of a command that has ended can be removed, also again, and a running one keeps them', async () => {
      const id = await start('printf one; exit 7');
      await end(id);
      await port().remove(place(id), { signal: never });
      expect(await port().state(place(id), { wait: false, signal: never })).toBeNull();
      await port().remove(place(id), { signal: never });
      const other = await start('sleep 1000');
      await port().remove(place(other), { signal: never });
      expect(await port().state(place(other), { wait: false, signal: never })).toEqual({ state: 'running' });
      await port().stop(place(other), { grace: 1000, signal: never });
    });

    test('a time-out ends a command, and not the worker', async () => {
      const id = await start('sleep 1000', { timeout: 1000 });
      expect(await end(id)).toEqual({ state: 'timed_out' });
      expect((await subject.backend.list(worker)).filter(({ status }) => status === 'running')).toHaveLength(2);
    });

    test('a caller that waits is interrupted, and the command goes on', async () => {
      const id = await start('sleep 1000');
      const stop = new AbortController();
      const waiting = port().state(place(id), { wait: true, signal: stop.signal });
      const why = new Error('called off');
      setTimeout(() => stop.abort(why), 50);
      await expect(waiting).rejects.toBe(why);
      expect(await port().state(place(id), { wait: false, signal: never })).toEqual({ state: 'running' });
    });

    test('a command whose container is killed is lost, and its output stays', async () => {
      const id = await start('echo up; sleep 1000');
      const waiting = end(id);
      while ((await output(id)).text !== 'up\n');
      await subject.kill!(worker, 'build');
      expect(await waiting).toEqual({ state: 'lost' });
      expect(await output(id)).toMatchObject({ state: { state: 'lost' }, text: 'up\n' });
    });
  });
}

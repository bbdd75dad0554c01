import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cancel } from '../../src/backends/ports/sessions.js';
import { cancelOn } from '../../src/backends/shared/cancel.js';
import { removeWhole } from '../support/whole.js';
import { type BackendSubject, collector, eventually } from './backend.js';

/** How a cancel ends a real command with its children. Containers have `sh`, `grep` and `timeout`. */
export function cancelContract(title: string, open: () => Promise<BackendSubject>): void {
  describe(`cancel contract: ${title}`, () => {
    let subject: BackendSubject;
    let worker: string;
    beforeEach(async () => {
      subject = await open();
      worker = subject.workerName('one');
      await subject.make(worker, { remote_key: 'a', self_key: 'b', run_id: 'c', group_id: 'd' });
    });
    afterEach(async () => {
      await removeWhole(subject.backend, worker);
      await subject.close();
    });

    const exec = async (command: string[], cancel: Cancel, stdout = collector()) => {
      const streams = { stdin: null, stdout: stdout.stream, stderr: collector().stream };
      return subject.backend.sessions!.exec(worker, 'build', { command, streams, cancel });
    };

    /** A shell script that runs until it is ended. Every process of it has `tag` among its arguments. */
    function start(script: string, more: Partial<Cancel> = {}) {
      const tag = randomUUID();
      const [stop, kill, stdout] = [new AbortController(), new AbortController(), collector()];
      const cancel = { ...cancelOn(stop.signal), kill: kill.signal, ...more };
      const result = exec(['sh', '-c', `${script}; echo up; while :; do sleep 0.1; done`, tag, tag], cancel, stdout).catch(
        (error: unknown) => error,
      );
      // The brackets keep the search from finding itself.
      const search = ['sh', '-c', `grep -l '[${tag[0]}]${tag.slice(1)}' /proc/[0-9]*/cmdline`];
      const isGone = async () => (await exec(search, cancelOn(new AbortController().signal))) !== 0;
      return { stop, kill, stdout, result, isGone, up: () => eventually('it is up', () => stdout.text().includes('up\n')) };
    }

    const traps = "trap 'echo got INT; exit 1' INT; trap 'echo got TERM; exit 1' TERM";
    /** A child in a process group of its own. All of them ignore both signals. */
    const stubborn = `trap '' INT TERM; timeout 1000 sh -c 'while :; do sleep 0.1; done' "$1" &`;

    test.for(['INT', 'TERM'] as const)('the command gets %s and may clean up', async (signal) => {
      const { stop, stdout, result, isGone, up } = start(traps, { signal: () => signal });
      await up();
      stop.abort(new Error('called off'));
      expect(await result).toMatchObject({ message: 'called off' });
      expect(stdout.text()).toBe(`up\ngot ${signal}\n`);
      await eventually('its processes are gone', isGone);
    });

    test('a command that ignores the signal gets KILL after the grace, with its children', async () => {
      const { stop, result, isGone, up } = start(`${stubborn} true`, { grace: 1000 });
      await up();
      const since = Date.now();
      stop.abort(new Error('called off'));
      expect(await result).toMatchObject({ message: 'called off' });
      expect(Date.now() - since).toBeGreaterThan(900);
      expect(await isGone()).toBe(true);
    });

    test('a second abort is a KILL at once', async () => {
      const { stop, kill, result, isGone, up } = start(`${stubborn} true`, { grace: 1_000_000 });
      await up();
      stop.abort(new Error('called off'));
      kill.abort();
      expect(await result).toMatchObject({ message: 'called off' });
      await eventually('its processes are gone', isGone);
    });

    test('a command that is cancelled before it begins never runs', async () => {
      const { stop, stdout, result, isGone } = start('true');
      stop.abort(new Error('called off'));
      expect(await result).toMatchObject({ message: 'called off' });
      expect(stdout.text()).toBe('');
      expect(await isGone()).toBe(true);
    });
  });
}

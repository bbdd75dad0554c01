import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import { graceSeconds } from '../../../spec/worker-spec.js';
import type { Detached, DetachedOptions, DetachedPlace } from '../../ports/detached.js';
import { parseAnswer } from './answer.js';
import { Counted } from './counted.js';
import { outputFromFiles, stateFromFiles } from './from-files.js';
import type { Ground } from './ground.js';
import { run } from './run.js';
import { directoryScript, outputScript, startScript, stateScript, stopScript } from './scripts.js';

/** Tenths of a second for which a script waits in the container before the caller asks again. */
const patience = 200;
/** Milliseconds before an answer that did not come is asked for again: the container is ending, or the script was killed. */
const pause = 500;
/** Seconds of a command without a time-out: the longest that every `sleep` takes. */
const endless = 2 ** 31 - 1;
/** Bytes of a block of `ulimit -f`. */
const block = 512;

/** Detached commands by scripts in the container. Nothing but the container's files and processes holds their state. */
export function detachedBy(ground: (worker: string, container: string) => Promise<Ground>, clock: Clock): Detached {
  const groundOf = ({ worker, container }: DetachedPlace) => ground(worker, container);
  return {
    async start(options) {
      const found = await groundOf(options);
      await found.assertRuns();
      if ((await start(found, options)) !== 'closed') return;
      await run(found, { script: directoryScript, args: [found.directory], settings: found.own });
      if ((await start(found, options)) === 'closed') throw notStarted(options, `${found.directory} cannot be written`);
    },

    async state(place, { wait, signal }) {
      const found = await groundOf(place);
      if (found.files) {
        const state = await stateFromFiles(found.directory, found.files, place, signal);
        if (wait && state?.state === 'running') await clock.sleep(pause, signal);
        return state;
      }
      const args = [found.directory, place.id, String(wait ? patience : 0)];
      const { stdout } = await run(found, { script: stateScript, args, settings: found.own, signal });
      const answer = parseAnswer(stdout);
      if (answer) return answer.state;
      await clock.sleep(pause, signal);
      return { state: 'running' };
    },

    async output(place, { from, follow, signal }, sink) {
      const found = await groundOf(place);
      if (found.files) {
        const part = await outputFromFiles(found.directory, found.files, place, from, sink, signal);
        if (follow && part?.state.state === 'running') await clock.sleep(pause, signal);
        return part;
      }
      const args = [found.directory, place.id, String(from), String(follow ? patience : 0)];
      const counted = new Counted(sink);
      const { stderr } = await run(found, { script: outputScript, args, settings: found.own, signal, sink: counted });
      await counted.finish();
      const answer = parseAnswer(stderr);
      if (answer) return answer.state && { bytes: counted.bytes, cut: answer.cut, state: answer.state };
      await clock.sleep(pause, signal);
      return { bytes: counted.bytes, cut: false, state: { state: 'running' } };
    },

    async stop(place, { grace, signal }) {
      const found = await groundOf(place);
      if (found.files) return;
      await run(found, { script: stopScript, args: [found.directory, place.id, tenths(grace)], settings: found.own, signal });
    },
  };
}

/** @returns `closed`: this user cannot write in the directory of all commands */
async function start(ground: Ground, options: DetachedOptions): Promise<'started' | 'closed'> {
  const { id, command, settings = {}, input = null, timeout, cap } = options;
  const seconds = timeout === null ? endless : Math.max(1, Math.ceil(timeout / 1000));
  const given = [String(seconds), String(Math.ceil(cap / block)), tenths(graceSeconds * 1000), input === null ? 'no' : 'yes'];
  const args = [ground.directory, id, ...given, ...command];
  const { code, stdout, stderr } = await run(ground, { script: startScript, args, settings, input });
  const answer = stdout.trim();
  if (answer === 'started' || answer === 'closed') return answer;
  if (code === noShell) throw withoutShell(options);
  throw notStarted(options, [stdout, stderr].join(' ').trim() || `its shell ended with exit code ${code}`);
}

/** Exit code for a command that does not exist. */
const noShell = 127;

function withoutShell({ container }: DetachedPlace): MayflyError {
  return new MayflyError('usage', {
    place: { path: container },
    cause: 'the image has no `sh`, which a detached command needs to store its output and exit code',
    remedy: 'use an image with `sh`, or run the command without --detach',
  });
}

function notStarted({ container }: DetachedPlace, why: string): MayflyError {
  return new MayflyError('backend_refused', {
    place: { path: container },
    cause: `the command could not be started: ${why}`,
    remedy: 'the usual reasons are a full disk and an image without `mkfifo`',
  });
}

function tenths(ms: number): string {
  return String(Math.ceil(ms / 100));
}

import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import { graceSeconds } from '../../../spec/worker-spec.js';
import type { Detached, DetachedFollow, DetachedOptions, DetachedPlace } from '../../ports/detached.js';
import { parseAnswer, type View } from './answer.js';
import { ask, noShell, unanswered } from './ask.js';
import { Counted } from './counted.js';
import { viewOfFiles } from './from-files.js';
import type { Ground } from './ground.js';
import { run } from './run.js';
import { StartOutput } from './start-output.js';
import { directoryScript, outputScript, removeScript, startScript, stateScript, stopScript } from './scripts.js';

/** Tenths of a second for which a script waits in the container before the caller asks again. */
const patience = 200;
/** Seconds of a command without a time-out: the longest that every `sleep` takes. */
const endless = 2 ** 31 - 1;
/** Bytes of a block of `ulimit -f`. */
const block = 512;

/** Detached commands by scripts in the container. Nothing but the container's files and processes holds their state. */
export function detachedBy(groundOf: (worker: string, container: string) => Promise<Ground>, clock: Clock): Detached {
  return {
    async start(options) {
      await startIn(await groundOf(options.worker, options.container), options, null);
    },

    async startAndFollow(options, follow) {
      const ground = await groundOf(options.worker, options.container);
      const counted = new Counted(follow.sink);
      const view = await startIn(ground, options, { ...follow, sink: counted });
      await counted.finish();
      follow.signal.throwIfAborted();
      if (view.unsure) await clock.sleep(pause, follow.signal);
      return { bytes: counted.bytes, cut: view.cut, state: view.state };
    },

    async state({ worker, container, id }, { wait, signal }) {
      const ground = await groundOf(worker, container);
      const args = [ground.directory, id, String(wait ? patience : 0)];
      const view = ground.files
        ? await viewOfFiles(ground.files, `${ground.directory}/${id}`, signal)
        : await ask(ground, { script: stateScript, args, signal });
      if (view?.unsure) await clock.sleep(pause, signal);
      return view && view.state;
    },

    async output({ worker, container, id }, { from, follow, signal }, sink) {
      const ground = await groundOf(worker, container);
      const args = [ground.directory, id, String(from), String(follow ? patience : 0)];
      const counted = new Counted(sink);
      const view = ground.files
        ? await viewOfFiles(ground.files, `${ground.directory}/${id}`, signal, { from, sink: counted })
        : await ask(ground, { script: outputScript, args, signal, sink: counted });
      await counted.finish();
      if (view?.unsure) await clock.sleep(pause, signal);
      return view && { bytes: counted.bytes, cut: view.cut, state: view.state };
    },

    async stop({ worker, container, id }, { grace, signal }) {
      const ground = await groundOf(worker, container);
      if (!ground.files) await ask(ground, { script: stopScript, args: [ground.directory, id, tenths(grace)], signal });
    },

    async remove({ worker, container, id }, { signal }) {
      const ground = await groundOf(worker, container);
      if (!ground.files) await ask(ground, { script: removeScript, args: [ground.directory, id], signal });
    },
  };
}

/** Milliseconds before the state is asked for again where it is unsure. */
const pause = 500;

/** Starts a command. @returns its state at the end of the following; without one: none is known */
async function startIn(ground: Ground, options: DetachedOptions, follow: DetachedFollow | null): Promise<View> {
  await ground.assertRuns();
  const view = await start(ground, options, follow);
  if (view !== 'closed') return view;
  await run(ground, { script: directoryScript, args: [ground.directory], settings: ground.root });
  const again = await start(ground, options, follow);
  if (again === 'closed') throw notStarted(options, `${ground.directory} cannot be written`);
  return again;
}

/** @returns `closed`: this user cannot write in the directory of all commands */
async function start(ground: Ground, options: DetachedOptions, follow: DetachedFollow | null): Promise<View | 'closed'> {
  const { id, command, settings = {}, input = null, timeout, cap } = options;
  const seconds = timeout === null ? endless : Math.max(1, Math.ceil(timeout / 1000));
  const given = [String(seconds), String(Math.ceil(cap / block)), tenths(graceSeconds * 1000), input === null ? 'no' : 'yes'];
  const args = [ground.directory, id, ...given, follow ? String(patience) : '0', ...command];
  const sink = new StartOutput(follow);
  const { code, stderr } = await run(ground, {
    script: startScript,
    args,
    settings,
    input,
    sink,
    ...(follow && { abandon: follow.signal }),
  });
  await new Promise<void>((resolve) => sink.end(resolve));
  if (sink.answer === 'closed') return 'closed';
  if (sink.answer === 'started' || follow?.signal.aborted) return parseAnswer(stderr)?.view ?? unanswered;
  const why = [sink.answer, stderr].join(' ').trim();
  if (code === noShell && /\bsh\b.*not found/.test(why)) throw withoutShell(options);
  throw notStarted(options, why || `its shell ended with exit code ${code}`);
}

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
    remedy: 'check its user and its working directory; other reasons are a full disk and an image without `mkfifo`',
  });
}

function tenths(ms: number): string {
  return String(Math.ceil(ms / 100));
}

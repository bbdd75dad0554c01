import type { Writable } from 'node:stream';
import { MayflyError, toMayflyError } from '../errors.js';
import type { Emit } from '../events.js';
import { beginCall, type Call } from '../worker/call.js';
import { composeRuntime } from '../runtime/compose.js';
import { passOn } from './pass-on.js';
import { type Flags, findSettings } from '../runtime/settings.js';
import type { CommonArgs } from './declaration.js';
import { jsonText } from '../views/json-text.js';

/** A command's way out: results on stdout, what happens meanwhile on stderr, or all of it as JSON lines on stdout. */
export interface Session {
  call: Call;
  json: boolean;
  debug: boolean;
  interactive: boolean;
  out(text: string): void;
  note(text: string): void;
  line(value: unknown): void;
  /** Where a command in a container writes to; when nobody reads that any more, the call is stopped. */
  passOn: { stdout: Writable; stderr: Writable };
  /** Ends live progress, so that what follows isn't drawn over. */
  settle(): void;
}

/** As shells have it for a program that Ctrl-C ended. */
export const interruptedCode = 130;

/** As shells have it for a program whose reader went away. */
const closedPipeCode = 141;

/** All that ask this process to end: Ctrl-C, a job that is cancelled, a terminal that is closed. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds that calls have to be dropped in, after a second Ctrl-C. */
const dropTime = 1000;

/** For work that is told of the first Ctrl-C and finishes what is in flight; any other just ends. */
export const inGracefulSession = (args: CommonArgs & Flags, work: (session: Session) => Promise<number>) => inSession(args, work, true);

/** Runs one command's work in a session: signals, errors and exit code are handled here and nowhere else. */
export async function inSession(args: CommonArgs & Flags, work: (session: Session) => Promise<number>, graceful = false): Promise<void> {
  const stop = new AbortController();
  const abort = new AbortController();
  const json = args.json ?? false;
  let progress: { emit: Emit; settle(): void } | null = null;
  const out = (text: string) => void process.stdout.write(`${text}\n`);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  const line = (value: unknown) => out(jsonText(stamped(value)));
  const onSignal = () => {
    if (!graceful) process.exit(interruptedCode);
    if (stop.signal.aborted) {
      abort.abort(interrupted());
      setTimeout(() => process.exit(interruptedCode), dropTime).unref();
    } else {
      stop.abort(interrupted());
      note('Interrupted: what is in flight is finished. Once more to stop at once.');
    }
  };
  let unread = false;
  const onUnread = () => {
    unread = true;
    stop.abort(interrupted());
  };
  for (const name of endingSignals) process.on(name, onSignal);
  let close = () => {};
  try {
    const { settings, stateDir } = await findSettings(process.cwd(), process.env, args);
    const emit: Emit = (event) => progress?.emit(event);
    const runtime = composeRuntime({ env: process.env, stateDir, settings });
    close = runtime.close;
    const call = beginCall(runtime, { emit, stop: stop.signal, abort: abort.signal });
    const { makeProgress } = await import('./make-progress.js');
    progress = makeProgress({ json, line, note, clock: call.clock });
    void call.keeper.revive().catch(() => {});
    const code = await work({
      call,
      json,
      debug: args.debug ?? false,
      interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
      out,
      note,
      line,
      passOn: { stdout: passOn(process.stdout, onUnread), stderr: passOn(process.stderr, onUnread) },
      settle: () => progress?.settle(),
    });
    process.exitCode = unread && code === interruptedCode ? closedPipeCode : code;
  } catch (thrown) {
    progress?.settle();
    if (unread) return void (process.exitCode = closedPipeCode);
    const error = toMayflyError(thrown);
    if (json) {
      const { errorLines } = await import('../views/json-view.js');
      for (const one of errorLines(error)) line(one);
    } else {
      const [{ humanError }, { paint }] = await Promise.all([import('../views/error-view.js'), import('./paint.js')]);
      note(humanError(error, paint, args.debug ?? false));
    }
    process.exitCode = error.exitCode;
  } finally {
    progress?.settle();
    close();
    for (const name of endingSignals) process.off(name, onSignal);
  }
}

function stamped(value: unknown): unknown {
  const isLine = value !== null && typeof value === 'object' && '@message' in value;
  return isLine ? { ...value, '@module': 'mayfly.ui', '@timestamp': new Date().toISOString() } : value;
}

function interrupted(): MayflyError {
  return new MayflyError('interrupted', { cause: 'interrupted', remedy: 'run the same command again to go on' });
}

import { once } from 'node:events';
import { constants } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { MayflyError } from '../../errors.js';
import type { Streams } from '../ports/sessions.js';
import { grace } from './ending.js';
import { environmentOf } from './environment.js';
import { failure, type Host } from './host.js';
import { objectPath } from './objects.js';
import { folders, type ObjectRecord, parseId } from './record.js';
import { runStatus } from './run.js';
import { limitedArgs, shell } from './shim.js';
import { allowing, type Exit, type PipedChild } from './system.js';

/** What a shell answers for a command that it can't find. */
const notFound = 127;
/** How long output may still come after a command has ended: its children may hold the streams. Milliseconds. */
const lastOutput = 500;

/**
 * Runs a command beside a process: its environment, its directory, its limit.
 * @returns the exit code, 128 + the number of a signal that ended it, 127 when there is no such command
 * @throws MayflyError `worker_ended` when the process isn't running; the signal's reason when that aborts
 */
export async function execIn(host: Host, record: ObjectRecord, command: string[], streams: Streams, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  if (streams.terminal) {
    throw new MayflyError('usage', {
      place: { path: '--tty' },
      cause: 'a local process has no terminal to give',
      remedy: 'leave -t out, or use a worker on docker',
    });
  }
  const name = parseId(record.id)?.name ?? record.id;
  if ((await runStatus(host, record.id)).status !== 'running') {
    throw new MayflyError('worker_ended', { place: { path: record.id }, cause: `${name} is not running`, remedy: 'apply its spec again' });
  }
  const missing = await lookUp(host, record, command[0]);
  if (missing !== null) {
    streams.stderr.write(`mayfly: ${missing} in ${name}\n`);
    return notFound;
  }
  const child = await spawnIn(host, record, command, streams.stdin !== null);
  const stop = endOnAbort(host, child, signal);
  try {
    const exit = await connect(host, child, streams);
    signal.throwIfAborted();
    return exitCodeOf(exit);
  } finally {
    stop();
  }
}

/** Starts a command with an object's environment, directory and limit. */
export async function spawnIn(host: Host, record: ObjectRecord, command: string[], stdin: boolean): Promise<PipedChild> {
  const { memory } = record.configuration;
  const args = limitedArgs(command, typeof memory === 'number' ? memory : 0);
  const cwd = `${objectPath(host, record.id)}/${folders.home}`;
  try {
    return await host.system.spawnPiped({ file: shell, args, cwd, env: environmentOf(host, record) }, stdin);
  } catch (error) {
    throw failure(error, `running a command in ${record.id}`);
  }
}

export function exitCodeOf({ code, signal }: Exit): number {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

/** Ends a command and its children, those that stayed in its group. */
export async function kill(host: Host, child: PipedChild, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await allowing(['ESRCH', 'EPERM'], () => host.system.kill(-child.pid, signal));
}

/** `null` when the command is there, else what is wrong with it. */
async function lookUp(host: Host, record: ObjectRecord, command: string | undefined): Promise<string | null> {
  if (!command) return 'no command given';
  const { HOME: home, PATH: path } = environmentOf(host, record);
  const within = (directory: string) => (directory.startsWith('/') ? directory : `${home}/${directory}`);
  const places = command.includes('/') ? [within(command)] : (path ?? '').split(':').map((directory) => `${within(directory)}/${command}`);
  for (const place of places) if (await host.system.executable(place)) return null;
  return `${command}: command not found`;
}

async function connect(host: Host, child: PipedChild, streams: Streams): Promise<Exit> {
  const outputs = [pipeline(child.stdout, streams.stdout, { end: false }), pipeline(child.stderr, streams.stderr, { end: false })].map(
    (output) => output.catch(() => undefined),
  );
  if (streams.stdin && child.stdin) {
    // A command that reads no further is no error.
    child.stdin.on('error', () => undefined);
    streams.stdin.pipe(child.stdin);
  }
  const exit = await child.exited;
  if (streams.stdin && child.stdin) streams.stdin.unpipe(child.stdin).pause();
  child.stdin?.destroy();
  const waiting = new AbortController();
  const timeUp = host.clock.sleep(lastOutput, waiting.signal).catch(() => undefined);
  await Promise.race([Promise.all(outputs), timeUp]);
  waiting.abort();
  child.stdout.destroy();
  child.stderr.destroy();
  return exit;
}

/** Asks a command to end, and makes it after the grace. Returns what calls that off. */
function endOnAbort(host: Host, child: PipedChild, signal: AbortSignal): () => void {
  const over = new AbortController();
  const end = async () => {
    await kill(host, child, 'SIGTERM');
    await host.clock.sleep(grace.term, over.signal);
    await kill(host, child, 'SIGKILL');
  };
  once(signal, 'abort', { signal: over.signal })
    .then(end)
    .catch(() => undefined);
  return () => over.abort();
}

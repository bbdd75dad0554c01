import { constants } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { MayflyError } from '../../errors.js';
import type { CommandSettings, ExecOptions, Streams } from '../ports/sessions.js';
import { whenAborted } from '../shared/cancel.js';
import { refuseSettings } from './command-settings.js';
import { endProcesses } from './ending.js';
import { environmentOf, workingDirectory } from './environment.js';
import { failure, type Host } from './host.js';
import { type ObjectRecord, parseId } from './record.js';
import { runStatus } from './run.js';
import { limitedArgs, shell } from './shim.js';
import { allowing, type Exit, type PipedChild } from './system.js';

/** Exit code of a shell that does not find the command. */
const notFound = 127;
/** Milliseconds after a command's end in which its output is still read. Its children may keep the streams open. */
const lastOutput = 500;

/**
 * Runs a command beside a process, with that process's environment, directory and limit.
 * @returns the exit code; 128 + the number of the signal that ended the command; 127 if the command does not exist
 * @throws MayflyError `worker_ended` if the process is not running; the reason of `cancel.stop` if it aborts
 */
export async function execIn(host: Host, record: ObjectRecord, options: ExecOptions): Promise<number> {
  options.cancel.stop.throwIfAborted();
  await assertRuns(host, record);
  return execBeside(host, record, options);
}

/** @throws MayflyError `worker_ended` if the process is not running */
export async function assertRuns(host: Host, record: ObjectRecord): Promise<void> {
  if ((await runStatus(host, record.id)).status === 'running') return;
  const cause = `${nameOf(record)} is not running`;
  throw new MayflyError('worker_ended', { place: { path: record.id }, cause, remedy: 'apply its spec again' });
}

function nameOf({ id }: ObjectRecord): string {
  return parseId(id)?.name ?? id;
}

/** As `execIn`, whether the process is running or not. */
export async function execBeside(host: Host, record: ObjectRecord, options: ExecOptions): Promise<number> {
  const { command, streams, cancel, abandon } = options;
  const name = nameOf(record);
  cancel.stop.throwIfAborted();
  await refuseSettings(host, record, name, options);
  const missing = await lookUp(host, record, command[0], options);
  if (missing !== null) {
    streams.stderr.write(`mayfly: ${missing} in ${name}\n`);
    return notFound;
  }
  const child = await spawnIn(host, record, command, streams.stdin !== null, options);
  let ending: Promise<void> | null = null;
  const stopListening = whenAborted(cancel.stop, () => {
    ending = endProcesses(
      host,
      { session: child.pid },
      { first: `SIG${cancel.signal()}`, grace: () => (cancel.kill.aborted ? 0 : cancel.grace) },
    );
    ending.catch(() => undefined);
  });
  // The shell alone: its children go on.
  const stopAbandoning =
    abandon && whenAborted(abandon, () => void allowing(['ESRCH', 'EPERM'], () => host.system.kill(child.pid, 'SIGTERM')));
  try {
    const exit = await connect(host, child, streams);
    // Its children may end later than the command.
    await ending;
    cancel.stop.throwIfAborted();
    return exitCodeOf(exit);
  } finally {
    stopListening();
    stopAbandoning?.();
  }
}

/** Starts a command with an object's environment, directory and limit. */
export async function spawnIn(
  host: Host,
  record: ObjectRecord,
  command: string[],
  stdin: boolean,
  { env = {}, workingDir }: CommandSettings = {},
): Promise<PipedChild> {
  const { memory } = record.configuration;
  const args = limitedArgs(command, typeof memory === 'number' ? memory : 0);
  const cwd = workingDirectory(host, record, workingDir);
  try {
    return await host.system.spawnPiped({ file: shell, args, cwd, env: environmentOf(host, record, env) }, stdin);
  } catch (error) {
    throw failure(error, `running a command in ${record.id}`);
  }
}

export function exitCodeOf({ code, signal }: Exit): number {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

/** Signals a command and those of its children that are still in its group. */
export async function kill(host: Host, child: PipedChild, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await allowing(['ESRCH', 'EPERM'], () => host.system.kill(-child.pid, signal));
}

/** Checks that a command exists. `null`, or a description of the problem. */
async function lookUp(
  host: Host,
  record: ObjectRecord,
  command: string | undefined,
  { env = {}, workingDir }: CommandSettings,
): Promise<string | null> {
  if (!command) return 'no command given';
  const { PATH: path } = environmentOf(host, record, env);
  const cwd = workingDirectory(host, record, workingDir);
  const within = (directory: string) => (directory.startsWith('/') ? directory : `${cwd}/${directory}`);
  const places = command.includes('/') ? [within(command)] : (path ?? '').split(':').map((directory) => `${within(directory)}/${command}`);
  for (const place of places) if (await host.system.executable(place)) return null;
  return `${command}: command not found`;
}

async function connect(host: Host, child: PipedChild, streams: Streams): Promise<Exit> {
  const outputs = [pipeline(child.stdout, streams.stdout, { end: false }), pipeline(child.stderr, streams.stderr, { end: false })].map(
    (output) => output.catch(() => undefined),
  );
  if (streams.stdin && child.stdin) {
    // A command may stop reading its input.
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

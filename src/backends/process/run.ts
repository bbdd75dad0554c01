import { MayflyError } from '../../errors.js';
import type { ObjectStatus } from '../ports/owned-object.js';
import { endProcesses } from './ending.js';
import { environmentOf, workingDirectory } from './environment.js';
import { failure, type Host } from './host.js';
import { lastLines } from './log-file.js';
import { objectPath } from './objects.js';
import { foreignListener } from './ports.js';
import { isAlive, readIdentity } from './processes.js';
import { changedFile, files, type ObjectRecord } from './record.js';
import { parseExit, shimOptions } from './shim.js';
import { allowing } from './system.js';

/** Status of an object's process. */
export interface RunStatus {
  status: Exclude<ObjectStatus, 'present'>;
  exitCode: number | null;
  /** Pid of the command itself; `null` if it does not run. */
  pid: number | null;
  /** Milliseconds since the epoch; `null` if it never ran. */
  started: number | null;
  /** Milliseconds since the epoch; `null` while it runs, or if unknown. */
  endedAt: number | null;
}

export async function runStatus(host: Host, id: string): Promise<RunStatus> {
  const leader = await readIdentity(host, id, 'leader');
  if (!leader) return { status: 'created', exitCode: null, pid: null, started: null, endedAt: null };
  const command = await readIdentity(host, id, 'command');
  const path = objectPath(host, id);
  const started = (await host.system.stat(`${path}/${files.leader}`))?.modified ?? null;
  const alive = isAlive(host, leader) || isAlive(host, command);
  // The code is read after the check of the process, because the shim writes it before it ends.
  const exitCode = parseExit(await host.system.readText(`${path}/${files.exit}`));
  if (exitCode !== null || !alive) {
    const endedAt = (await host.system.stat(`${path}/${files.exit}`))?.modified ?? null;
    return { status: 'exited', exitCode, pid: null, started, endedAt };
  }
  return { status: 'running', exitCode: null, pid: command?.stat.pid ?? leader.stat.pid, started, endedAt: null };
}

/**
 * Starts the process of an object, unless it runs. Returns when its command is about to run.
 * @throws MayflyError `port_in_use`, `storage_full`, `backend_refused`
 */
export async function startProcess(host: Host, record: ObjectRecord): Promise<void> {
  if ((await runStatus(host, record.id)).status === 'running') return;
  // Processes of an earlier run: children, or the shim of a killed command.
  await endProcesses(host, { id: record.id });
  refusePortInUse(host, record);
  try {
    await launch(host, record);
  } catch (error) {
    throw failure(error, `starting ${record.id}`);
  }
}

async function launch(host: Host, record: ObjectRecord): Promise<void> {
  const path = objectPath(host, record.id);
  for (const file of [files.exit, files.command, files.leader]) {
    await allowing(['ENOENT'], () => host.system.removeFile(`${path}/${file}`));
  }
  const { command, memory } = record.configuration;
  const options = shimOptions(path, `${host.root}/${changedFile}`, {
    command: commandOf(command),
    memory: typeof memory === 'number' ? memory : 0,
    env: environmentOf(host, record),
    cwd: workingDirectory(host, record),
  });
  const log = `${path}/${files.log}`;
  const child = await host.system.spawnDetached(options, log);
  if (await child.started) return;
  throw new MayflyError('backend_refused', {
    cause: `the process of ${record.id} ended before its command could run`,
    remedy: 'see its last lines; the usual reason is a full disk',
    log: await lastLines(host, log, 20),
  });
}

function refusePortInUse(host: Host, record: ObjectRecord): void {
  const { port } = record.configuration;
  if (typeof port !== 'number' || !foreignListener(host, port, [])) return;
  throw new MayflyError('port_in_use', {
    place: { path: record.id },
    cause: `port ${port} is in use by another program`,
    remedy: 'end that program, or give the engine another port',
  });
}

export function commandOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : [];
}

import { MayflyError } from '../../errors.js';
import type { ObjectStatus } from '../ports/owned-object.js';
import { endProcesses } from './ending.js';
import { environmentOf } from './environment.js';
import { failure, type Host } from './host.js';
import { lastLines } from './log-file.js';
import { objectPath } from './objects.js';
import { foreignListener } from './ports.js';
import { isAlive, readIdentity } from './processes.js';
import { changedFile, files, type ObjectRecord } from './record.js';
import { parseExit, shimOptions } from './shim.js';
import { allowing } from './system.js';

/** How the process of an object is doing. */
export interface RunStatus {
  status: Exclude<ObjectStatus, 'present'>;
  exitCode: number | null;
  /** Of the command itself, while it runs. */
  pid: number | null;
  /** Milliseconds since the epoch; `null` when it never ran. */
  started: number | null;
  /** Milliseconds since the epoch; `null` while it runs, or where nothing tells. */
  endedAt: number | null;
}

export async function runStatus(host: Host, id: string): Promise<RunStatus> {
  const leader = await readIdentity(host, id, 'leader');
  if (!leader) return { status: 'created', exitCode: null, pid: null, started: null, endedAt: null };
  const command = await readIdentity(host, id, 'command');
  const path = objectPath(host, id);
  const started = (await host.system.stat(`${path}/${files.leader}`))?.modified ?? null;
  const alive = isAlive(host, leader) || isAlive(host, command);
  // Read after the look at the process: the code is written before the shim ends.
  const exitCode = parseExit(await host.system.readText(`${path}/${files.exit}`));
  if (exitCode !== null || !alive) {
    const endedAt = (await host.system.stat(`${path}/${files.exit}`))?.modified ?? null;
    return { status: 'exited', exitCode, pid: null, started, endedAt };
  }
  return { status: 'running', exitCode: null, pid: command?.stat.pid ?? leader.stat.pid, started, endedAt: null };
}

/**
 * Starts the process of an object, and returns when its command is about to run. One that runs is left alone.
 * @throws MayflyError `port_in_use`, `storage_full`, `backend_refused`
 */
export async function startProcess(host: Host, record: ObjectRecord): Promise<void> {
  if ((await runStatus(host, record.id)).status === 'running') return;
  // Of an earlier run: its children, or a shim that a killed command has just started.
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
  });
  const log = `${path}/${files.log}`;
  const child = await host.system.spawnDetached(options, log);
  if (await child.started) return;
  throw new MayflyError('backend_refused', {
    cause: `the process of ${record.id} ended before its command could run`,
    remedy: 'see its last lines; a full disk is the usual reason',
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

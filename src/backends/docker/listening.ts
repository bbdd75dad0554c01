import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Listener, parseListeners } from '../../proc.js';
import type { ContainerInspect } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import { execIn } from './exec.js';
import { type HttpClient, isStatus } from './http-client.js';

const procNet = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Milliseconds: a container in which even `cat` hangs keeps no apply waiting. */
const lookTime = 60_000;

/**
 * Whether the engine's port is listened on in its network namespace, seen in the kernel's table: a connect to a published port succeeds
 * with nobody behind it. The table is read from the engine's process where the daemon is local, else by an exec in whichever container
 * of the namespace can.
 *
 * @returns what is missing, such as `port 8080 (it listens on 8081)`; `null` when it listens, or where nobody can look
 */
export async function missingPort(
  http: HttpClient,
  endpoint: Endpoint,
  engine: ContainerInspect,
  others: readonly ContainerInspect[],
  port: number,
): Promise<string | null> {
  const tables = endpoint.local ? await readTables(engine.State.Pid) : null;
  if (tables !== null) return missing(parseListeners(tables), port);
  for (const { Id } of [engine, ...others]) {
    const told = await tablesBy(http, Id);
    // It has ended since it was looked at: the next look says so.
    if (told === 'ended') return `port ${port}`;
    // cat fails when one of the two tables isn't there; the other is still told.
    if (told.tables !== '' || told.code === 0) return missing(parseListeners(told.tables), port);
  }
  return null;
}

/** A published port leads to the address of the container: the loopback inside of it is reached by nobody outside. */
function missing(listeners: readonly Listener[], port: number): string | null {
  const own = listeners.filter(({ resolver }) => !resolver);
  const reachable = own.filter(({ loopback }) => !loopback).map((one) => one.port);
  if (reachable.includes(port)) return null;
  if (own.some((one) => one.port === port)) return `port ${port} (it listens on 127.0.0.1 alone: it has to listen on 0.0.0.0)`;
  const ports = [...new Set(own.map((one) => one.port))].sort((a, b) => a - b);
  return `port ${port} (${ports.length === 0 ? 'nothing listens' : `what listens in the worker: ${ports.join(', ')}`})`;
}

async function tablesBy(http: HttpClient, id: string): Promise<{ code: number; tables: string } | 'ended'> {
  const output = new PassThrough();
  const streams = { stdin: null, stdout: output, stderr: new PassThrough().resume() };
  try {
    const [code, tables] = await Promise.all([
      execIn(http, id, ['cat', ...procNet], streams, AbortSignal.timeout(lookTime)).finally(() => output.end()),
      text(output),
    ]);
    return { code, tables };
  } catch (error) {
    if (isStatus(error, 404, 409)) return 'ended';
    throw error;
  }
}

/** `null` when the process cannot be looked at: another user's, or a daemon in a virtual machine. */
async function readTables(pid: number): Promise<string | null> {
  const tables = await Promise.all(procNet.map((path) => readFile(`/proc/${pid}${path.slice('/proc'.length)}`, 'utf8').catch(() => null)));
  return tables.every((table) => table === null) ? null : tables.join('\n');
}

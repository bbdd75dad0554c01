import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Listener, parseListeners } from '../../proc.js';
import { cancelOn } from '../shared/cancel.js';
import type { ContainerInspect } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import { execIn } from './exec.js';
import { type HttpClient, isStatus } from './http-client.js';

const procNet = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Milliseconds for `cat` in a container. If it hangs, the apply must not hang too. */
const readTime = 60_000;

/**
 * Checks in the kernel's table whether the engine's port is open in its network namespace. (A connection to a published port succeeds even
 * if no program listens.) The table is read from the engine's process if that is a process of this machine, otherwise by an exec in any
 * container of the namespace that has `cat`.
 *
 * @returns the missing port, such as `port 8080 (it listens on 8081)`; `null` if a program listens, or the table cannot be read
 */
export async function missingPort(
  http: HttpClient,
  endpoint: Endpoint,
  engine: ContainerInspect,
  others: readonly ContainerInspect[],
  port: number,
): Promise<string | null> {
  const tables = endpoint.local ? await readTables(engine) : null;
  if (tables !== null) return missing(parseListeners(tables), port);
  for (const { Id } of [engine, ...others]) {
    const found = await tablesBy(http, Id);
    // The container has ended meanwhile: the next check reports it.
    if (found === 'ended') return `port ${port}`;
    // `cat` fails if one of the two tables does not exist, but prints the other one.
    if (found.tables !== '' || found.code === 0) return missing(parseListeners(found.tables), port);
  }
  return null;
}

/** A published port leads to the container's address. The loopback inside the container cannot be reached from outside. */
function missing(listeners: readonly Listener[], port: number): string | null {
  const own = listeners.filter(({ resolver }) => !resolver);
  const reachable = own.filter(({ loopback }) => !loopback).map((one) => one.port);
  if (reachable.includes(port)) return null;
  if (own.some((one) => one.port === port)) return `port ${port} (it listens on 127.0.0.1 only: it must listen on 0.0.0.0)`;
  const ports = [...new Set(own.map((one) => one.port))].sort((a, b) => a - b);
  return `port ${port} (${ports.length === 0 ? 'nothing listens' : `open ports in the worker: ${ports.join(', ')}`})`;
}

async function tablesBy(http: HttpClient, id: string): Promise<{ code: number; tables: string } | 'ended'> {
  const output = new PassThrough();
  const streams = { stdin: null, stdout: output, stderr: new PassThrough().resume() };
  try {
    const [code, tables] = await Promise.all([
      execIn(http, id, { command: ['cat', ...procNet], streams, cancel: cancelOn(AbortSignal.timeout(readTime)) }).finally(() =>
        output.end(),
      ),
      text(output),
    ]);
    return { code, tables };
  } catch (error) {
    if (isStatus(error, 404, 409)) return 'ended';
    throw error;
  }
}

/**
 * `null` if the process cannot be inspected. It may belong to another user. The daemon behind a local socket may run in a virtual machine or
 * on another machine; then the number is that of an unrelated process here, which is in no control group with the container's id.
 */
async function readTables({ Id, State: { Pid } }: ContainerInspect): Promise<string | null> {
  const read = (path: string) => readFile(`/proc/${Pid}/${path}`, 'utf8').catch(() => null);
  if (!(await read('cgroup'))?.includes(Id)) return null;
  const tables = await Promise.all(procNet.map((path) => read(path.slice('/proc/'.length))));
  return tables.every((table) => table === null) ? null : tables.join('\n');
}

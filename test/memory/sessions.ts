import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ExecOptions, LogOptions, Sessions, Streams } from '../../src/backends/ports/sessions.js';
import { unknownContainer } from '../../src/backends/shared/unknown-container.js';
import { MayflyError } from '../../src/errors.js';
import { labelKeys } from '../../src/labels.js';
import type { Connection } from './connection.js';
import { detachedOn } from './detached.js';
import { filesOf } from './files.js';
import { containerType, objectName } from './names.js';
import type { MemoryObject, Run } from './object.js';
import { programOf } from './programs.js';

export type Container = MemoryObject & { run: Run };

export function sessionsOn(connection: Connection, backend: string): Sessions {
  return {
    exec: async (worker, container, options) => execIn(connection, await find(connection, backend, worker, container), options),
    async files(worker, container) {
      const { id, name } = await find(connection, backend, worker, container);
      const files = filesOf(id);
      return connection.node.fileFaults.get(name)?.on(files) ?? files;
    },
    detached: detachedOn(connection, backend),
    async fresh(worker, container) {
      const { configuration, labels } = await find(connection, backend, worker, container);
      const name = `fresh_${randomBytes(4).toString('hex')}`;
      const own = { ...labels, [labelKeys.address]: `${containerType}.${name}` };
      const { id } = await connection.call('create', name, (node) =>
        node.start(node.create(containerType, objectName(worker, name), own, { ...configuration, command: ['idle'], joins: null }).id),
      );
      return {
        id,
        exec: (options) =>
          connection.call('inspect', name, (node) => node.find(id)).then((one) => execIn(connection, one as Container, options)),
        remove: () => connection.call('delete', name, (node) => node.delete(id)),
      };
    },
  };
}

async function execIn(
  connection: Connection,
  { name, configuration, run }: Container,
  { command, env, streams, cancel: { stop: signal } }: ExecOptions,
): Promise<number> {
  if (streams.terminal) throw new MayflyError('usage', { cause: 'there is no terminal in memory', remedy: 'leave -t out' });
  if (run.status !== 'running') {
    throw new MayflyError('worker_ended', { place: { path: name }, cause: 'is not running', remedy: 'apply its spec again' });
  }
  const io = {
    env: { ...(configuration['env'] as Record<string, string>), ...env },
    stdin: streams.stdin,
    out: (text: string) => void streams.stdout.write(text),
    err: (text: string) => void streams.stderr.write(text),
  };
  const code = await connection.call('exec', name, ({ programs }) => programOf(programs, command)(io), signal);
  if (code !== null) return code;
  // It goes on until its container ends, or the caller stops it.
  const over = AbortSignal.any([run.over.signal, signal]);
  if (!over.aborted) await once(over, 'abort');
  signal.throwIfAborted();
  return 137;
}

/** @throws MayflyError `container_unknown` */
export async function find(connection: Connection, backend: string, worker: string, container: string): Promise<Container> {
  const all = await connection.call('inspect', objectName(worker, container), (node) => node.of(worker));
  const containers = all.filter(({ type }) => type === containerType);
  const found = containers.find(({ name }) => name === objectName(worker, container));
  if (found) return found as Container;
  throw unknownContainer(
    backend,
    worker,
    container,
    containers.map(({ name }) => name.slice(worker.length + 1)),
  );
}

/** Both streams come from one log, in the order in which they were written. */
export async function writeLog(
  connection: Connection,
  { id, run }: Container,
  { follow, tail, since }: LogOptions,
  { stdout }: Pick<Streams, 'stdout'>,
  signal: AbortSignal,
): Promise<void> {
  const { node } = connection;
  const fitting = run.log.filter(({ at }) => since === null || at >= since);
  let next = run.log.length - (tail === null ? fitting.length : Math.min(tail, fitting.length));
  for (;;) {
    for (; next < run.log.length; next += 1) stdout.write(`${run.log[next]!.line}\n`);
    const over = node.find(id)?.run?.status !== 'running';
    if (!follow || over || signal.aborted) return;
    await Promise.race([once(node, 'written', { signal }), once(node, 'changed', { signal })]).catch(() => {});
  }
}

import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import type { Detached, DetachedEnd, DetachedOptions, DetachedPlace, DetachedState } from '../../src/backends/ports/detached.js';
import { Counted } from '../../src/backends/shared/detached/counted.js';
import { MayflyError } from '../../src/errors.js';
import type { Connection } from './connection.js';
import type { MemoryNode } from './node.js';
import { programOf } from './programs.js';
import { type Container, find } from './sessions.js';

/** A detached command as the node keeps it. */
export interface MemoryCommand {
  readonly options: DetachedOptions;
  /** Milliseconds since the epoch, by the node's clock. */
  readonly startedAt: number;
  state: DetachedState;
  output: Buffer;
  cut: boolean;
  /** Its files were removed. */
  removed: boolean;
  /** Aborts at its end. */
  over: AbortController;
}

export function detachedOn(connection: Connection, backend: string): Detached {
  const look = async ({ worker, container, id }: DetachedPlace, signal?: AbortSignal) => {
    const object = await find(connection, backend, worker, container);
    return connection.call('exec', object.name, () => kept(object.commands.get(id)), signal);
  };
  const start = async (options: DetachedOptions) => {
    const object = await find(connection, backend, options.worker, options.container);
    return connection.call('exec', object.name, (node) => begin(node, object, options));
  };
  const follow = async (command: MemoryCommand, from: number, sink: Writable, signal: AbortSignal) => {
    const counted = new Counted(sink);
    let at = from;
    const write = () => {
      const part = command.output.subarray(at);
      if (part.length > 0) counted.write(part);
      at += part.length;
    };
    for (write(); command.state.state === 'running'; write()) {
      signal.throwIfAborted();
      const changed = Promise.race([once(connection.node, 'written', { signal }), once(command.over.signal, 'abort')]);
      await changed.catch(() => signal.throwIfAborted());
    }
    await counted.finish();
    return { bytes: counted.bytes, cut: command.cut, state: command.state };
  };
  return {
    async start(options) {
      await start(options);
    },
    async startAndFollow(options, { started, signal, sink }) {
      const command = await start(options);
      started();
      return follow(command, 0, sink, signal);
    },
    async state(place, { wait, signal }) {
      const command = await look(place, signal);
      if (command && wait) await ended(command, signal);
      return command && command.state;
    },
    async output(place, { from, follow: wait, signal }, sink) {
      const command = await look(place, signal);
      if (!command) return null;
      if (wait) return follow(command, from, sink, signal);
      const part = command.output.subarray(from);
      if (part.length > 0) sink.write(part);
      return { bytes: part.length, cut: command.cut, state: command.state };
    },
    async stop(place, { signal }) {
      const command = await look(place, signal);
      if (command) end(connection.node, command, { state: 'stopped' });
    },
    async remove(place, { signal }) {
      const command = await look(place, signal);
      if (command) command.removed = command.state.state !== 'running';
    },
  };
}

function kept(command: MemoryCommand | undefined): MemoryCommand | null {
  return command && !command.removed ? command : null;
}

/** The node's part: it goes on when the client is dead. */
function begin(node: MemoryNode, { name, configuration, run, commands }: Container, options: DetachedOptions): MemoryCommand {
  const earlier = kept(commands.get(options.id));
  if (earlier) return earlier;
  if (run.status !== 'running') {
    throw new MayflyError('not_ready', { place: { path: name }, cause: 'the container does not run', remedy: 'apply its spec again' });
  }
  const command: MemoryCommand = {
    ...{
      options,
      startedAt: node.now(),
      state: { state: 'running' },
      output: Buffer.alloc(0),
      cut: false,
      removed: false,
      over: new AbortController(),
    },
  };
  commands.set(options.id, command);
  run.over.signal.addEventListener('abort', () => end(node, command, { state: 'lost' }), { once: true });
  const write = (text: string) => writeOutput(node, command, text);
  const stdin = options.input == null ? null : Readable.from([options.input]);
  const io = { env: { ...(configuration['env'] as Record<string, string>), ...options.settings?.env }, stdin, out: write, err: write };
  const result = programOf(node.programs, options.command)(io);
  const exit = (code: number | null) => code !== null && end(node, command, { state: 'exited', code });
  if (typeof result === 'number') exit(result);
  else void Promise.resolve(result).then(exit);
  if (options.timeout === null || command.state.state !== 'running') return command;
  const timeUp = () => end(node, command, { state: 'timed_out' });
  void node.clock.sleep(options.timeout, command.over.signal).then(timeUp, () => {});
  return command;
}

/** Output that a command writes. Nothing is kept after its end, or beyond its cap. */
export function writeOutput(node: MemoryNode, command: MemoryCommand, text: string): void {
  if (command.state.state !== 'running') return;
  const all = Buffer.concat([command.output, Buffer.from(text)]);
  command.output = all.subarray(0, command.options.cap);
  command.cut ||= all.length > command.options.cap;
  node.emit('written');
}

/** Ends a command once: the first end counts. */
export function end(node: MemoryNode, command: MemoryCommand, state: DetachedEnd): void {
  if (command.state.state !== 'running') return;
  command.state = state;
  command.over.abort();
  node.emit('changed');
}

async function ended({ state, over }: MemoryCommand, signal: AbortSignal): Promise<void> {
  if (state.state !== 'running') return;
  const either = AbortSignal.any([over.signal, signal]);
  if (!either.aborted) await once(either, 'abort');
  signal.throwIfAborted();
}

import type { Writable } from 'node:stream';
import type { Backend } from '../../backends/ports/backend.js';
import type {
  Detached,
  DetachedEnd,
  DetachedFollow,
  DetachedOptions,
  DetachedOutput,
  DetachedPlace,
  DetachedState,
} from '../../backends/ports/detached.js';
import { MayflyError } from '../../errors.js';
import { isRetained } from '../../lease/deadline.js';
import type { Call } from '../call.js';
import { sessionsOf } from '../sessions.js';

/*
 * Detached commands run, and keep their results, without their caller.
 *
 * A command that a signal has ended is `exited` with 128 + the signal's number: a shell reports no difference between it and a program that
 * returns this code itself. Results are files of the container. They can be read after it has stopped, and end with the worker. An id is of
 * one container. `timeout` is rounded up to seconds, `cap` to 512 bytes.
 */
export type { DetachedEnd, DetachedOptions, DetachedOutput, DetachedPlace, DetachedState } from '../../backends/ports/detached.js';

/** Output that was read, and the state behind it. */
export type DetachedPart = DetachedOutput & { state: DetachedState };

/**
 * Starts a command that runs without its caller. If a command with this id was started before, nothing happens: after a lost reply the same
 * start can be repeated. A stop of the call does not interrupt a start in flight.
 *
 * @throws MayflyError of `Detached.start`; `worker_ended`
 */
export async function startDetached(call: Call, backend: Backend, options: DetachedOptions): Promise<void> {
  call.stop.throwIfAborted();
  await inContainer(backend, options, (detached) => detached.start(options));
}

/**
 * As `startDetached`; then writes the output from the first byte on, until the command ends or the backend follows no longer. `call.stop`
 * ends the following alone. `started` is called when the command was started.
 *
 * @throws MayflyError as `startDetached`; the reason of `call.stop`
 */
export async function startAndFollowDetached(
  call: Call,
  backend: Backend,
  options: DetachedOptions,
  { started, sink }: Omit<DetachedFollow, 'signal'>,
): Promise<DetachedPart> {
  call.stop.throwIfAborted();
  return inContainer(backend, options, (detached) => detached.startAndFollow(options, { started, sink, signal: call.stop }));
}

/** The state of a detached command; `null`: no such command. @throws MayflyError `container_unknown`, `worker_ended` */
export function stateOfDetached(call: Call, backend: Backend, place: DetachedPlace): Promise<DetachedState | null> {
  return inContainer(backend, place, (detached) => detached.state(place, { wait: false, signal: call.stop }));
}

/**
 * Resolves at the end of a detached command.
 *
 * @throws MayflyError `not_found`: no such command; `container_unknown`, `worker_ended`; the reason of `call.stop` if it aborts
 */
export async function waitForDetached(call: Call, backend: Backend, place: DetachedPlace): Promise<DetachedEnd> {
  for (;;) {
    call.stop.throwIfAborted();
    const state = await inContainer(backend, place, (detached) => detached.state(place, { wait: true, signal: call.stop }));
    if (state === null) throw unknownCommand(place);
    if (state.state !== 'running') return state;
  }
}

/**
 * Writes the kept output from a byte on, both streams in the order of writing. `follow`: until the command's end.
 *
 * @throws MayflyError as `waitForDetached`
 */
export async function outputOfDetached(
  call: Call,
  backend: Backend,
  place: DetachedPlace,
  { from, follow }: { from: number; follow: boolean },
  sink: Writable,
): Promise<DetachedPart> {
  let bytes = 0;
  for (;;) {
    call.stop.throwIfAborted();
    const options = { from: from + bytes, follow, signal: call.stop };
    const part = await inContainer(backend, place, (detached) => detached.output(place, options, sink));
    if (part === null) throw unknownCommand(place);
    bytes += part.bytes;
    if (!follow || part.state.state !== 'running') return { ...part, bytes };
  }
}

/**
 * Ends a detached command with its children: TERM, and KILL after `grace` milliseconds. A command that has ended stays as it is.
 *
 * @throws MayflyError as `waitForDetached`
 */
export async function stopDetached(call: Call, backend: Backend, place: DetachedPlace, { grace }: { grace: number }): Promise<void> {
  if ((await stateOfDetached(call, backend, place)) === null) throw unknownCommand(place);
  await inContainer(backend, place, (detached) => detached.stop(place, { grace, signal: call.stop }));
}

/** Removes the files of a detached command that has ended. Those of a worker that has ended are gone with it. */
export async function removeDetached(call: Call, backend: Backend, place: DetachedPlace): Promise<void> {
  await inContainer(backend, place, (detached) => detached.remove(place, { signal: call.stop })).catch((error: unknown) => {
    if (!(error instanceof MayflyError) || error.code !== 'worker_ended') throw error;
  });
}

/** Errors behind which the worker may have ended, or have been stopped. */
const unclear = ['container_unknown', 'worker_unknown', 'not_ready', 'worker_ended'];

async function inContainer<T>(backend: Backend, place: DetachedPlace, act: (detached: Detached) => Promise<T>): Promise<T> {
  try {
    return await act(sessionsOf(backend).detached);
  } catch (error) {
    if (!(error instanceof MayflyError) || !unclear.includes(error.code)) throw error;
    throw (await endOf(backend, place)) ?? error;
  }
}

async function endOf(backend: Backend, { worker }: DetachedPlace): Promise<MayflyError | null> {
  const objects = await backend.list(worker);
  const ended = (cause: string, remedy: string) => new MayflyError('worker_ended', { place: { path: worker }, cause, remedy });
  if (objects.length === 0) return ended('the worker has ended, and the results of its detached commands with it', 'apply its spec again');
  if (isRetained(objects)) return ended('the worker is retained, with its containers stopped', 'apply its spec again');
  return null;
}

function unknownCommand({ worker, container, id }: DetachedPlace): MayflyError {
  return new MayflyError('not_found', {
    place: { path: `${worker} ${container}` },
    cause: `no detached command ${id} was started in this container`,
    remedy: 'check the id, and name the container in which the command was started',
  });
}

import type { ContainerFiles } from '../../../backends/ports/sessions.js';
import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import { engineName } from '../../../spec/worker-spec.js';
import { copyFromStream, copyIn, copyOut, copyToStream } from '../../../worker/copy.js';
import type { Session } from '../../session.js';
import type { Args } from './options.js';

export interface InContainer {
  worker: string;
  container: string;
  path: string;
}

/** The two places of a copy between a container and this machine. `out`: from the container. */
export interface Places {
  inContainer: InContainer;
  /** A local path, or `-`. */
  local: string;
  out: boolean;
}

/** The two places of a copy between containers. */
export interface Between {
  from: InContainer;
  to: InContainer;
}

/** @throws MayflyError `usage` where no place is in a worker */
export function placesOf({ source, destination }: Pick<Args, 'source' | 'destination'>): Places | Between {
  const [from, to] = [parsePlace(source), parsePlace(destination)];
  if (from && to) return { from, to };
  if (from) return { inContainer: from, local: destination, out: true };
  if (to) return { inContainer: to, local: source, out: false };
  throw noneInWorker();
}

/** Copies between a container and this machine. */
export async function copyBetween(
  { inContainer: { path }, local, out }: Places,
  files: ContainerFiles,
  { passOn, clock, stop }: Pick<Session, 'passOn'> & { clock: Clock; stop: AbortSignal },
): Promise<void> {
  if (out) return local === '-' ? copyToStream(files, path, passOn.stdout, stop) : copyOut(files, path, local, clock, stop);
  try {
    await (local === '-' ? copyFromStream(files, process.stdin, path, stop) : copyIn(files, local, path, stop));
  } finally {
    // An open input would keep the process alive.
    if (local === '-') process.stdin.destroy();
  }
}

/** A worker's name, or the id of a run; then perhaps a container's name, and the path. */
const place = /^([a-z][a-z0-9-]*|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(?:([a-z][a-z0-9-]*):)?(.+)$/s;

/** `WORKER:PATH` or `WORKER:CONTAINER:PATH`; `null` for a local path. A local path with a colon is written `./a:b`. */
export function parsePlace(text: string): InContainer | null {
  const [, worker, container = engineName, path] = place.exec(text) ?? [];
  return worker !== undefined && path !== undefined ? { worker, container, path } : null;
}

/** Reports that a copy between containers is begun again. */
export function againNote(cause: string): string {
  return `The transfer broke off, and is begun again: ${cause}`;
}

/** Reports that a copy between containers is done, and has left something. */
export function leftNote(cause: string): string {
  return `The copy is done, and its temporary directory is left: ${cause}`;
}

function noneInWorker(): MayflyError {
  return new MayflyError('usage', {
    cause: 'neither place is in a worker',
    remedy: 'one of them must be WORKER:PATH or WORKER:CONTAINER:PATH, for example: mayfly cp ci:build:/work/report .',
  });
}

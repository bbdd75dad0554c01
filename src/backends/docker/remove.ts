import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { OwnedObject } from '../ports/owned-object.js';
import type { ContainerInspect, VolumeInspect } from './api-types.js';
import { OverdueError } from './call-life.js';
import { type HttpClient, isStatus } from './http-client.js';
import { fromVolume } from './own-objects.js';

/** Number of tries of a removal that the daemon refuses because of use, and milliseconds between them. */
const attempts = 40;
const pause = 50;

/** Stops a container: TERM, KILL after `grace` seconds. A stopped or missing container is success. After a lost answer it is killed. */
export async function stopContainer(http: HttpClient, id: string, grace: number, signal?: AbortSignal): Promise<void> {
  try {
    await http.text('POST', `/containers/${id}/stop`, { query: { t: grace }, signal });
  } catch (error) {
    if (error instanceof OverdueError) await killIfRunning(http, id, signal);
    else if (!isStatus(error, 304, 404, 409)) throw error;
  }
}

/** Kills a container after its grace, if it still runs. */
async function killIfRunning(http: HttpClient, id: string, signal?: AbortSignal): Promise<void> {
  try {
    const { State } = await http.json<ContainerInspect>('GET', `/containers/${id}/json`, { signal });
    if (State.Running) await http.text('POST', `/containers/${id}/kill`, { signal });
  } catch (error) {
    if (!isStatus(error, 404, 409)) throw error;
  }
}

/** Removes a container with its anonymous volumes. `grace`: stops it first, in seconds; `null`: without a stop. A missing one is success. */
export async function removeContainer(
  http: HttpClient,
  clock: Clock,
  id: string,
  grace: number | null,
  signal?: AbortSignal,
): Promise<void> {
  if (grace !== null) await stopContainer(http, id, grace, signal);
  await retryWhileBusy(clock, `container ${id.slice(0, 12)}`, signal, () =>
    http.text('DELETE', `/containers/${id}`, { query: { force: true, v: true }, signal }),
  );
}

/**
 * Removes a volume. A missing one is success; a volume in use by a container that is being removed is tried again. Volumes have no ids, so it
 * is inspected first: another volume of the same name stays.
 */
export async function removeVolume(http: HttpClient, clock: Clock, volume: OwnedObject, signal?: AbortSignal): Promise<void> {
  const now = await inspectVolume(http, volume.id, signal);
  if (!now || fromVolume(now)?.worker !== volume.worker || !Object.is(Date.parse(now.CreatedAt), volume.createdAt)) return;
  await removeNamedVolume(http, clock, volume.id, signal);
}

/** Removes a volume whose labels the caller has compared. */
export async function removeNamedVolume(http: HttpClient, clock: Clock, name: string, signal?: AbortSignal): Promise<void> {
  await retryWhileBusy(clock, `volume ${name}`, signal, () => http.text('DELETE', `/volumes/${name}`, { signal }));
}

/** Inspects a volume; `null` where it does not exist. */
export async function inspectVolume(http: HttpClient, name: string, signal?: AbortSignal): Promise<VolumeInspect | null> {
  try {
    return await http.json<VolumeInspect>('GET', `/volumes/${name}`, { signal });
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

async function retryWhileBusy(clock: Clock, what: string, signal: AbortSignal | undefined, remove: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await remove();
      return;
    } catch (error) {
      if (isStatus(error, 404)) return;
      if (!isStatus(error, 409) || attempt === attempts) {
        throw new MayflyError('destroy_failed', {
          cause: `${what} cannot be removed: ${(error as Error).message}`,
          remedy: 'stop the containers that use it, then run `mayfly destroy` or `mayfly gc`',
          error,
        });
      }
      await clock.sleep(pause, signal);
    }
  }
}

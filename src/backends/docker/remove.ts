import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { OwnedObject } from '../ports/owned-object.js';
import type { ContainerInspect, VolumeInspect } from './api-types.js';
import { OverdueError } from './call-life.js';
import { type HttpClient, isStatus } from './http-client.js';
import { fromVolume } from './own-objects.js';

/** How often, and how long apart in milliseconds, a removal is tried that the daemon refuses for now. */
const attempts = 40;
const pause = 50;

/** TERM, grace in seconds, KILL. Stopped or gone already is success, also where the daemon's answer was lost. */
export async function stopContainer(http: HttpClient, id: string, grace: number, signal?: AbortSignal): Promise<void> {
  try {
    await http.text('POST', `/containers/${id}/stop`, { query: { t: grace }, signal });
  } catch (error) {
    if (error instanceof OverdueError) await killIfRunning(http, id, signal);
    else if (!isStatus(error, 304, 404, 409)) throw error;
  }
}

/** The grace is over. */
async function killIfRunning(http: HttpClient, id: string, signal?: AbortSignal): Promise<void> {
  try {
    const { State } = await http.json<ContainerInspect>('GET', `/containers/${id}/json`, { signal });
    if (State.Running) await http.text('POST', `/containers/${id}/kill`, { signal });
  } catch (error) {
    if (!isStatus(error, 404, 409)) throw error;
  }
}

/** Stopped first, unless `grace` is `null`, then removed with its anonymous volumes. Gone already is success. */
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
 * Gone already is success; one that a container being removed still holds is waited for. A volume goes by its name, which another may
 * have by now: it is looked at first, and one that is not the same object any more is left alone.
 */
export async function removeVolume(http: HttpClient, clock: Clock, volume: OwnedObject, signal?: AbortSignal): Promise<void> {
  const now = await inspectVolume(http, volume.id, signal);
  if (!now || fromVolume(now)?.worker !== volume.worker || !Object.is(Date.parse(now.CreatedAt), volume.createdAt)) return;
  await removeNamedVolume(http, clock, volume.id, signal);
}

/** The same for one whose labels the caller has compared. */
export async function removeNamedVolume(http: HttpClient, clock: Clock, name: string, signal?: AbortSignal): Promise<void> {
  await retryWhileBusy(clock, `volume ${name}`, signal, () => http.text('DELETE', `/volumes/${name}`, { signal }));
}

/** `null`: it is gone. */
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
          remedy: 'stop whatever uses it, then run `mayfly destroy` or `mayfly gc`',
          error,
        });
      }
      await clock.sleep(pause, signal);
    }
  }
}

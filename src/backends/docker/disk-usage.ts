import type { Clock } from '../../clock.js';
import type { VolumeUsage } from './api-types.js';
import { EngineError, type HttpClient } from './http-client.js';

/** Tries, and milliseconds between them, while the daemon measures for another client. */
const tries = 120;
const pause = 500;

/**
 * The sizes of all volumes. An older daemon measures for one client at a time and refuses others, such as a second `gc` or a keeper: then the
 * call waits. Daemons before API 1.42 ignore `type`, and measure images as well.
 */
export async function diskUsage(http: HttpClient, clock: Clock, signal?: AbortSignal): Promise<VolumeUsage> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await http.json<VolumeUsage>('GET', '/system/df', { query: { type: 'volume' }, signal });
    } catch (error) {
      if (!isBusy(error) || attempt === tries) throw error;
      await clock.sleep(pause, signal);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof EngineError && error.message.includes('a disk usage operation is already running');
}

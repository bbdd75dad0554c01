import { createInterface } from 'node:readline';
import { labelKeys } from '../../labels.js';
import type { HttpClient } from './http-client.js';

const dockers = { type: ['container'], event: ['die'], label: [labelKeys.worker] };
/** Podman filters by a word that it doesn't tell them by, and by no label without its value. */
const podmans = { type: ['container'], event: ['died'] };

/** Resolves when a container of ours ends. @throws when the daemon tells no more events */
export async function nextEnd(http: HttpClient, signal: AbortSignal): Promise<void> {
  const filters = JSON.stringify(http.podman ? podmans : dockers);
  const events = await http.stream('GET', '/events', { query: { filters }, signal });
  try {
    for await (const event of createInterface({ input: events })) if (event.includes(`"${labelKeys.worker}"`)) return;
  } finally {
    events.destroy();
  }
  throw new Error('the event stream ended');
}

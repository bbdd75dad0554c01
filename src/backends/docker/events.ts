import { labelKeys } from '../../labels.js';
import type { HttpClient } from './http-client.js';

const filters = JSON.stringify({ type: ['container'], event: ['die'], label: [labelKeys.worker] });

/** Resolves when a container of ours ends. @throws when the daemon tells no more events */
export async function nextEnd(http: HttpClient, signal: AbortSignal): Promise<void> {
  const events = await http.stream('GET', '/events', { query: { filters }, signal });
  // Leaving the loop closes the stream.
  for await (const _event of events) return;
  throw new Error('the event stream ended');
}

import { labelKeys } from '../../labels.js';
import { linesOf } from '../../lines.js';
import type { HttpClient } from './http-client.js';
import { ownContainer } from './own-objects.js';

export interface Event {
  /** Docker's word. Podman uses other words. */
  Action: string;
  /** Labels, and the container's name as `name`. */
  Actor: { Attributes: Record<string, string> };
}

const dockerFilters = { type: ['container'], event: ['create', 'die'], label: [labelKeys.worker] };
/** Podman filters by another word (`died`) than it reports, and cannot filter by a label without a value. */
const podmanFilters = { type: ['container'], event: ['create', 'died'] };

/** Resolves when a container of ours ends, or an engine is made that needs its socket. @throws if the stream of events ends */
export async function nextChange(http: HttpClient, signal: AbortSignal): Promise<void> {
  const filters = JSON.stringify(http.podman ? podmanFilters : dockerFilters);
  const events = await http.stream('GET', '/events', { query: { filters }, signal });
  try {
    for await (const line of linesOf(events)) {
      const { Action, Actor } = JSON.parse(line) as Event;
      const isOurs = ownContainer([Actor.Attributes['name'] ?? ''], Actor.Attributes) !== null;
      if (isOurs && (Action !== 'create' || Actor.Attributes[labelKeys.exec])) return;
    }
  } finally {
    events.destroy();
  }
  throw new Error('the event stream ended');
}

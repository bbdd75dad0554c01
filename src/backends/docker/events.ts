import { labelKeys } from '../../labels.js';
import { linesOf } from '../../lines.js';
import type { HttpClient } from './http-client.js';
import { ownContainer } from './own-objects.js';

interface Event {
  /** Docker's word; Podman says `Action` too, with words of its own. */
  Action: string;
  /** Labels, and the container's name as `name`. */
  Actor: { Attributes: Record<string, string> };
}

const dockers = { type: ['container'], event: ['create', 'die'], label: [labelKeys.worker] };
/** Podman filters by a word that it doesn't tell them by, and by no label without its value. */
const podmans = { type: ['container'], event: ['create', 'died'] };

/** Resolves when a container of ours ends, or an engine is made that needs its socket. @throws when the daemon tells no more events */
export async function nextChange(http: HttpClient, signal: AbortSignal): Promise<void> {
  const filters = JSON.stringify(http.podman ? podmans : dockers);
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

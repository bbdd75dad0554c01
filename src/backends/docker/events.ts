import { createInterface } from 'node:readline';
import { labelKeys } from '../../labels.js';
import type { HttpClient } from './http-client.js';

interface Event {
  Action: string;
  Actor: { Attributes: Record<string, string> };
}

const filters = JSON.stringify({ type: ['container'], event: ['create', 'die'], label: [labelKeys.worker] });

/** Resolves when a container of ours ends, or an engine is made that needs its socket. @throws when the daemon tells no more events */
export async function nextChange(http: HttpClient, signal: AbortSignal): Promise<void> {
  const events = await http.stream('GET', '/events', { query: { filters }, signal });
  try {
    for await (const line of createInterface({ input: events })) {
      const { Action, Actor } = JSON.parse(line) as Event;
      if (Action === 'die' || Actor.Attributes[labelKeys.exec] !== undefined) return;
    }
  } finally {
    events.destroy();
  }
  throw new Error('the event stream ended');
}

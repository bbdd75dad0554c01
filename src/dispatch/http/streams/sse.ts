import type { RunEvent } from '../../run.js';

// The format of Server-Sent Events: blocks of lines `field: value`, each ended by an empty line. JSON has no line ends of its own.

/** Milliseconds that a client waits before it connects again. */
const retry = 1000;

/** A comment, which clients ignore. */
export const heartbeat = ':\n\n';

export const retryFrame = `retry: ${retry}\n\n`;

/** An event of a run. It has no name, so that clients get all of them by one handler. */
export function eventFrame(event: RunEvent): string {
  return frame(event.sequence, toEventDocument(event));
}

/** The place of the stream, from which a client resumes that got no event since. */
export function positionFrame(sequence: number): string {
  return `event: position\n${frame(sequence, { sequence })}`;
}

function frame(id: number, data: object): string {
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function toEventDocument({ at, ...event }: RunEvent): Omit<RunEvent, 'at'> & { at: string } {
  const { sequence, run, attempt, type, data } = event;
  return { sequence, run, attempt, at: new Date(at).toISOString(), type, data };
}

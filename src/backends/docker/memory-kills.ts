import type { Clock } from '../../clock.js';
import { labelKeys } from '../../labels.js';
import { linesOf } from '../../lines.js';
import { containerNameOf } from '../ports/containers.js';
import type { EngineInfo } from './api-types.js';
import type { Event } from './events.js';
import type { HttpClient } from './http-client.js';
import { ownContainer } from './own-objects.js';

/** Milliseconds in which the daemon must end its answer after the last time that was asked for. */
const answerWithin = 10_000;

/**
 * The containers of a worker in which the kernel killed a process, from the daemon's `oom` events: `State.OOMKilled` is set only after the
 * end of a container. The daemon keeps its last 256 events of any kind. Podman has no such events.
 */
export async function memoryKills(http: HttpClient, clock: Clock, worker: string, from: number, to: number): Promise<string[]> {
  if (http.podman) return [];
  const { SystemTime } = await http.json<EngineInfo>('GET', '/info');
  // Events have the daemon's time to the nanosecond, so `Date` headers are too rough.
  const skew = Date.parse(SystemTime) - clock.now();
  const inSeconds = (time: number) => ((time + skew) / 1000).toFixed(3);
  const filters = JSON.stringify({ type: ['container'], event: ['oom'], label: [`${labelKeys.worker}=${worker}`] });
  const deadline = Math.max(0, to - clock.now()) + answerWithin;
  const events = await http.stream('GET', '/events', { query: { filters, since: inSeconds(from), until: inSeconds(to) }, deadline });
  const names = new Set<string>();
  for await (const line of linesOf(events)) {
    const { Attributes } = (JSON.parse(line) as Event).Actor;
    const own = ownContainer([Attributes['name'] ?? ''], Attributes);
    if (own) names.add(containerNameOf(own.address));
  }
  return [...names];
}

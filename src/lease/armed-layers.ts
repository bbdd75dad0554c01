import type { ArmedLayer } from '../events.js';

/** The layers that end a worker: this machine's keeper, a keeper inside the backend, the backend's scheduler. `endsBy`: in milliseconds since the epoch. */
export function layersOf(pid: number | null, resident: string | null, scheduler: string | undefined, endsBy: number): ArmedLayer[] {
  return [
    ...(pid === null ? [] : [{ layer: 'keeper', detail: `pid ${pid} on this machine`, endsBy }]),
    ...(resident === null ? [] : [{ layer: 'keeper', detail: `${resident} inside the daemon`, endsBy }]),
    ...(scheduler === undefined ? [] : [{ layer: 'scheduler', detail: scheduler, endsBy }]),
  ];
}

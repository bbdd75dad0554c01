import type { Problem } from './errors.js';

/** Operations as in Terraform: `create` includes the start. */
export type Operation = 'create' | 'update' | 'delete';

/** Reasons of a worker's end; stored in its history. */
export const endReasons = [
  'expired',
  'engine_ended',
  'out_of_memory',
  'storage_exceeded',
  'destroyed',
  'runner_gone',
  'replaced',
  'create_timeout',
  'not_ready',
  'interrupted',
] as const;
export type EndReason = (typeof endReasons)[number];

/** The end of a worker. */
export interface End {
  reason: EndReason;
  /** The reason as a sentence for people, such as `expired after 15 min`. Absent where the reason alone says all. */
  detail?: string;
}

/** The reason of an end for people: the same words in every command, view and event. */
export function describeEnd({ reason, detail }: End): string {
  return detail ?? reason.replaceAll('_', ' ');
}

/** A step of mayfly's work, as data. Views decide how it is shown. */
export type MayflyEvent = OneEvent & {
  /** The worker's name, if several workers are processed at once. */
  worker?: string;
};

type OneEvent =
  | { type: 'note'; message: string }
  | { type: 'warning'; message: string }
  | { type: 'resource_started'; address: string; operation: Operation; detail?: string }
  /** `current` and `total`: bytes of one layer of an image pull. */
  | { type: 'image_progress'; image: string; layer: string; status: string; current?: number; total?: number }
  | { type: 'resource_done'; address: string; operation: Operation; id: string; elapsedMs: number }
  | { type: 'resource_failed'; address: string; operation: Operation; problem: Problem }
  /** The resource was not tried, because its dependency `because` has failed. */
  | { type: 'resource_skipped'; address: string; because: string }
  | { type: 'armed'; layers: ArmedLayer[] }
  | { type: 'waiting'; for: string[]; elapsedMs: number }
  /** `from` as it is written. `special`: sockets, FIFOs and devices that were left out. */
  | {
      type: 'copied';
      from: string;
      container: string;
      to: string;
      files: number;
      bytes: number;
      special: number;
      elapsedMs: number;
    }
  /** `ends`: milliseconds since the epoch. */
  | { type: 'ready'; elapsedMs: number; ends: number }
  /** `why`: the reason for people. */
  | { type: 'ended'; worker: string; reason: EndReason; why: string };

export type Emit = (event: MayflyEvent) => void;

/** A process or scheduler that ends the worker, and the latest time at which it does so (milliseconds since the epoch). */
export interface ArmedLayer {
  layer: string;
  detail: string;
  endsBy: number;
}

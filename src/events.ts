import type { Problem } from './errors.js';

/** As Terraform has them: what is made is started too. */
export type Operation = 'create' | 'update' | 'delete';

/** Why a worker ended; kept with its history. */
export const endReasons = [
  'expired',
  'engine_ended',
  'storage_exceeded',
  'destroyed',
  'create_timeout',
  'not_ready',
  'interrupted',
] as const;
export type EndReason = (typeof endReasons)[number];

/** What happens while mayfly works, as data. Views decide what a person or a program sees of it. */
export type MayflyEvent = OneEvent & {
  /** Whose, where several workers are worked on at once. */
  worker?: string;
};

type OneEvent =
  | { type: 'note'; message: string }
  | { type: 'warning'; message: string }
  | { type: 'resource_started'; address: string; operation: Operation; detail?: string }
  /** `current` and `total` are bytes, a layer of an image pull each. */
  | { type: 'image_progress'; image: string; layer: string; status: string; current?: number; total?: number }
  | { type: 'resource_done'; address: string; operation: Operation; id: string; elapsedMs: number }
  | { type: 'resource_failed'; address: string; operation: Operation; problem: Problem }
  /** Not tried, because something it depends on failed. */
  | { type: 'resource_skipped'; address: string; because: string }
  | { type: 'armed'; layers: ArmedLayer[] }
  | { type: 'waiting'; for: string[]; elapsedMs: number }
  /** `ends` is in milliseconds since the epoch. */
  | { type: 'ready'; elapsedMs: number; ends: number }
  | { type: 'ended'; worker: string; reason: EndReason };

export type Emit = (event: MayflyEvent) => void;

/** Something alive that ends the worker, and the latest time it would (milliseconds since the epoch). */
export interface ArmedLayer {
  layer: string;
  detail: string;
  endsBy: number;
}

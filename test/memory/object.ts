import { setMaxListeners } from 'node:events';
import type { Labels } from '../../src/labels.js';
import type { MemoryCommand } from './detached.js';
import type { Attributes } from '../../src/plan/resource-schema.js';

/** An object as the node keeps it. */
export interface MemoryObject {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  labels: Labels;
  /** Milliseconds since the epoch, by the node's clock. */
  readonly createdAt: number;
  /** The attributes that it was made with, and those that were updated since. */
  configuration: Attributes;
  /** Of a container alone. */
  run: Run | null;
  /** Its detached commands, by their ids. They stay when the container ends. */
  readonly commands: Map<string, MemoryCommand>;
  /** MB that it takes on disk. */
  usedMB: number;
}

/** One container's life, from its making on. */
export interface Run {
  status: 'created' | 'running' | 'exited';
  exitCode: number | null;
  /** Milliseconds since the epoch, by the node's clock. */
  endedAt: number | null;
  outOfMemory: boolean;
  /** When the kernel killed a process in it for its memory, by the node's clock. */
  kills: number[];
  paused: boolean;
  /** Counts for a container with a healthcheck alone. */
  health: 'starting' | 'healthy' | 'unhealthy';
  /** Whether something listens on its port. */
  listens: boolean;
  /** TERM does not end it. */
  ignoresTerm: boolean;
  log: { at: number; line: string }[];
  /** Aborts when it ends. */
  over: AbortController;
}

export function newRun(): Run {
  const over = new AbortController();
  // Each of its commands listens to it.
  setMaxListeners(0, over.signal);
  return {
    ...{ status: 'created', exitCode: null, endedAt: null, outOfMemory: false, paused: false, health: 'healthy', listens: true },
    ...{ kills: [], ignoresTerm: false, log: [], over },
  };
}

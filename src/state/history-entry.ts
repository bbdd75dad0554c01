import * as z from 'zod/mini';
import { type EndReason, endReasons } from '../events.js';
import { type BackendName, backendNames } from '../spec/worker-spec.js';
import type { ContainerReport } from './container-report.js';

/** Why and how a worker ended. */
export interface HistoryEntry {
  worker: string;
  backend: BackendName;
  endpoint: string;
  reason: EndReason;
  /** What exactly, where the reason alone doesn't say it. */
  detail?: string;
  /** Milliseconds since the epoch. */
  endedAt: number;
  containers: ContainerReport[];
}

/** Containers of one entry, and lines of one container, that are read. */
const most = 100;
/** Characters of a text that are read. */
const longest = 2000;

/** A text for a terminal: without control characters, and cut. */
const shown = z.pipe(
  z.string(),
  z.transform((text) => text.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === '\t' ? sign : '\ufffd')).slice(0, longest)),
);

const containerReport = z.object({
  container: shown,
  status: z.enum(['created', 'running', 'exited', 'present']),
  exitCode: z.nullable(z.int().check(z.gte(0), z.lte(255))),
  outOfMemory: z.boolean(),
  lastLines: z.array(shown).check(z.maxLength(most)),
});

const historyEntry = z.object({
  worker: z.string(),
  backend: z.enum(backendNames),
  endpoint: shown,
  reason: z.enum(endReasons),
  detail: z.optional(shown),
  endedAt: z.int(),
  containers: z.array(containerReport).check(z.maxLength(most)),
});

/** An entry as a file of this machine or of another has it. @returns `null` for one that is cut short or of another form */
export function parseHistoryEntry(text: string): HistoryEntry | null {
  try {
    const { detail, ...entry } = historyEntry.parse(JSON.parse(text));
    return { ...entry, ...(detail !== undefined && { detail }) };
  } catch {
    return null;
  }
}

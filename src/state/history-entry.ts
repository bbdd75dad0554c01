import * as z from 'zod/mini';
import { type End, endReasons } from '../events.js';
import { isNodeName } from '../spec/node-name.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { ContainerReport } from './container-report.js';

/** The end of a worker: reason and reports. */
export interface HistoryEntry extends End {
  worker: string;
  backend: BackendName;
  endpoint: string;
  /** Milliseconds since the epoch. */
  endedAt: number;
  containers: ContainerReport[];
}

/** Largest number of containers in an entry, and of lines for a container. */
const maxItems = 100;
/** The longest text, in characters; a longer text is cut. */
const maxCharacters = 2000;

/** A text that is safe for a terminal: control characters are replaced, a long text is cut. */
const shown = z.pipe(
  z.string(),
  z.transform((text) => text.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === '\t' ? sign : '\ufffd')).slice(0, maxCharacters)),
);

const containerReport = z.object({
  container: shown,
  status: z.enum(['created', 'running', 'exited', 'present']),
  exitCode: z.nullable(z.int().check(z.gte(0), z.lte(255))),
  outOfMemory: z.boolean(),
  memoryLimit: z.exactOptional(z.int()),
  lastLines: z.array(shown).check(z.maxLength(maxItems)),
});

const historyEntry = z.object({
  worker: z.string(),
  backend: z.string().check(z.refine(isNodeName)),
  endpoint: shown,
  reason: z.enum(endReasons),
  detail: z.exactOptional(shown),
  endedAt: z.int(),
  containers: z.array(containerReport).check(z.maxLength(maxItems)),
});

/** Parses an entry from this machine or another one. @returns `null` if the text is cut short or has another form */
export function parseHistoryEntry(text: string): HistoryEntry | null {
  try {
    return historyEntry.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

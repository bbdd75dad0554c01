import { closeSync, constants, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { readIfThere } from '../state/atomic-file.js';
import { makePrivate, openPrivate } from '../state/private-path.js';
import type { Operation } from './embedded/operations.js';

/** Name of the file in a worker's directory. */
export const journalName = 'journal.jsonl';

interface Entry {
  at: string;
  id: string;
  phase: 'intent' | 'done' | 'failed';
}

/**
 * Record of the calls of a run: a line before each call, and one after it. A line is written to the kernel before the call begins, so
 * that it survives the process. A run that reaches its end removes the file.
 */
export class Journal {
  private file: number | null = null;

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
  ) {}

  /** Ids of operations that an earlier run began and did not finish; empty if that run reached its end. */
  async interrupted(): Promise<string[]> {
    const text = await readIfThere(this.path);
    const unfinished = new Set<string>();
    for (const line of text?.split('\n') ?? []) {
      const entry = parse(line);
      if (entry?.phase === 'intent') unfinished.add(entry.id);
      else if (entry) unfinished.delete(entry.id);
    }
    return [...unfinished];
  }

  write(operation: Operation, phase: Entry['phase']): void {
    if (this.file === null) {
      const { O_WRONLY, O_APPEND, O_CREAT } = constants;
      makePrivate(dirname(this.path), dirname(this.path));
      this.file = openPrivate(this.path, O_WRONLY | O_APPEND | O_CREAT);
    }
    writeSync(this.file, `${JSON.stringify({ at: new Date(this.clock.now()).toISOString(), id: operation.id, phase })}\n`);
  }

  /** Removes the journal: the run has ended, and the state holds all its results. */
  finish(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
    rmSync(this.path, { force: true });
  }
}

/** `null` for a line that a crash has cut short. */
function parse(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}

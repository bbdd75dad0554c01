import { closeSync, constants, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { readIfThere } from '../state/atomic-file.js';
import { makePrivate, openPrivate } from '../state/private-path.js';
import type { Operation } from './embedded/operations.js';

/** In a worker's directory. */
export const journalName = 'journal.jsonl';

interface Entry {
  at: string;
  id: string;
  phase: 'intent' | 'done' | 'failed';
}

/**
 * What a run is about to do, a line before each call and one after it. Written through to the kernel before the call, so that it
 * outlives the process; a run that comes to its end removes it.
 */
export class Journal {
  private file: number | null = null;

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
  ) {}

  /** Operations that an earlier run began and did not see the end of; empty when that run ended properly. */
  async interrupted(): Promise<string[]> {
    const text = await readIfThere(this.path);
    const open = new Set<string>();
    for (const line of text?.split('\n') ?? []) {
      const entry = parse(line);
      if (entry?.phase === 'intent') open.add(entry.id);
      else if (entry) open.delete(entry.id);
    }
    return [...open];
  }

  write(operation: Operation, phase: Entry['phase']): void {
    if (this.file === null) {
      const { O_WRONLY, O_APPEND, O_CREAT } = constants;
      makePrivate(dirname(this.path), dirname(this.path));
      this.file = openPrivate(this.path, O_WRONLY | O_APPEND | O_CREAT);
    }
    writeSync(this.file, `${JSON.stringify({ at: new Date(this.clock.now()).toISOString(), id: operation.id, phase })}\n`);
  }

  /** The run is over and the state says it all. */
  finish(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
    rmSync(this.path, { force: true });
  }
}

/** A line cut short by a crash is no entry. */
function parse(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}

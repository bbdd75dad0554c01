import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { isCode, pathExists } from '../../state/atomic-file.js';
import { makePrivate } from '../../state/private-path.js';
import { writeOutputFile } from '../output-file.js';
import { nextTurn } from '../store/turn.js';
import type { TaskOutput } from '../../tasks/task.js';

/** Bytes of a task's output that are kept. */
export const outputCap = 16 * 1_048_576;

/** Bytes of the output that a task's document has. */
const headSize = 4096;

/** The output of tasks that have ended, as files of the service. */
export class TaskOutputs {
  /** @param directory it is made below `root` if it does not exist */
  constructor(
    private readonly directory: string,
    private readonly root: string,
  ) {}

  /** Stores an output, and replaces an earlier one of the task. @param write `cut`: the command wrote more than was kept */
  async keep(task: string, write: (sink: Writable) => Promise<{ cut: boolean }>): Promise<TaskOutput> {
    makePrivate(this.directory, this.root);
    const part = `${this.pathOf(task)}.part`;
    try {
      const { cut } = await writeOutputFile(part, write);
      const { size: bytes } = await stat(part);
      const head = await headOf(part);
      await rename(part, this.pathOf(task));
      return { head, bytes, cut };
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  /** The stored output from a byte on; `null`: none is stored. */
  async read(task: string, from: number): Promise<Readable | null> {
    const path = this.pathOf(task);
    return (await pathExists(path)) ? createReadStream(path, { start: from }) : null;
  }

  /** Removes the outputs of tasks that the store does not have any more. */
  async sweep(isKnown: (task: string) => Promise<boolean>): Promise<void> {
    const names = await readdir(this.directory).catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const name of names) {
      await nextTurn();
      if (!(await isKnown(name.replace(/\.part$/, '')))) await rm(join(this.directory, name), { force: true });
    }
  }

  private pathOf(task: string): string {
    return join(this.directory, task);
  }
}

async function headOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headSize), 0, headSize, 0);
    // A character that is cut at the end is left out.
    return new StringDecoder().write(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

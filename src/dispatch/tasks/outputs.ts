import { createReadStream } from 'node:fs';
import { EventEmitter, once } from 'node:events';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { isCode, pathExists } from '../../state/atomic-file.js';
import { makePrivate } from '../../state/private-path.js';
import { nextTurn } from '../store/turn.js';
import { isFinal, type Task, type TaskOutput } from '../../tasks/task.js';
import { KeptOutputs } from './kept-outputs.js';
import { LiveOutput } from './live-output.js';

/** Bytes of a task's output that are kept. */
export const outputCap = 16 * 1_048_576;

/** Bytes of the output that a task's document has. */
const headSize = 4096;

type Of = Pick<Task, 'id' | 'organisation'>;

/** The output of tasks, as files of the service. */
export class TaskOutputs {
  private readonly lives = new Map<string, LiveOutput>();
  /** Events have the ids of tasks as their names. */
  private readonly changes = new EventEmitter().setMaxListeners(0);

  private readonly kept: KeptOutputs;

  /**
   * @param directory it is made below `root` if it does not exist
   * @param most bytes of finished outputs for an organisation
   */
  constructor(
    private readonly directory: string,
    private readonly root: string,
    most: number,
  ) {
    this.kept = new KeptOutputs(join(directory, 'finished'), root, most);
  }

  /** The output of a task's delivery while its command runs. It begins empty, also after a write that has failed. */
  async begin(task: string): Promise<LiveOutput> {
    const current = this.lives.get(task);
    if (current && !current.sink.destroyed) return current;
    await this.drop(task);
    makePrivate(this.directory, this.root);
    const live = await LiveOutput.open(this.partOf(task));
    this.lives.set(task, live);
    this.changes.emit(task);
    return live;
  }

  /**
   * Stores the output of a delivery, and replaces an earlier one of the task. Where the organisation has too much then, its oldest outputs are
   * removed.
   *
   * @param cut the command wrote more than was kept
   * @throws the error of a write
   */
  async keep(task: Of, cut: boolean): Promise<TaskOutput> {
    const live = this.live(task.id) ?? (await this.begin(task.id));
    await this.kept.prepare(task);
    const bytes = await live.end();
    const head = await headOf(this.partOf(task.id));
    await rename(this.partOf(task.id), this.kept.pathOf(task));
    this.lives.delete(task.id);
    await this.kept.add(task, bytes);
    return { head, bytes, cut };
  }

  /** Removes the output of a delivery that was not stored. */
  async drop(task: string): Promise<void> {
    const live = this.lives.get(task);
    if (!live) return;
    this.lives.delete(task);
    await live.close();
    await rm(this.partOf(task), { force: true });
  }

  /** Takes note of the end of a task. */
  ended(task: string): void {
    this.changes.emit(task);
  }

  /** The output of the current delivery; `null`: none has begun. */
  live(task: string): LiveOutput | null {
    return this.lives.get(task) ?? null;
  }

  /** As `live`, when a delivery begins. `null`: the task has ended. */
  async untilLive(task: string, hasEnded: () => boolean, signal: AbortSignal): Promise<LiveOutput | null> {
    for (;;) {
      const live = this.live(task);
      if (live || hasEnded()) return live;
      await once(this.changes, task, { signal });
    }
  }

  /** Whether the output of a finished task is not stored any more. */
  async isRemoved(task: Task): Promise<boolean> {
    return isFinal(task.state) && task.output !== null && !(await pathExists(this.kept.pathOf(task)));
  }

  /** The stored output from a byte on; `null`: none is stored. */
  async read(task: Of, from: number): Promise<Readable | null> {
    const path = this.kept.pathOf(task);
    return (await pathExists(path)) ? createReadStream(path, { start: from }) : null;
  }

  /** Removes the outputs of tasks that the store does not have any more. */
  async sweep(isKnown: (task: string) => Promise<boolean>): Promise<void> {
    const names = await readdir(this.directory).catch((error: unknown) => {
      if (isCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const name of names.filter((one) => one.endsWith('.part'))) {
      await nextTurn();
      if (!(await isKnown(name.replace(/\.part$/, '')))) await rm(join(this.directory, name), { force: true });
    }
    await this.kept.sweep(isKnown);
  }

  private partOf(task: string): string {
    return join(this.directory, `${task}.part`);
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

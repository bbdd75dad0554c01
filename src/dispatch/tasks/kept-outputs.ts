import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from '../../state/atomic-file.js';
import { makePrivate } from '../../state/private-path.js';
import type { Task } from '../../tasks/task.js';
import { nextTurn } from '../store/turn.js';

type Of = Pick<Task, 'id' | 'organisation'>;

/** Bytes of the outputs of an organisation by task, the oldest first, and of all together. */
interface Kept {
  sizes: Map<string, number>;
  total: number;
}

/** Files of finished outputs: a directory for each organisation, with a limit for all of its files together. */
export class KeptOutputs {
  private readonly kept = new Map<string, Promise<Kept>>();

  /**
   * @param directory it is made below `root` if it does not exist
   * @param most bytes for an organisation
   */
  constructor(
    private readonly directory: string,
    private readonly root: string,
    private readonly most: number,
  ) {}

  pathOf({ id, organisation }: Of): string {
    return join(this.directory, organisation, id);
  }

  /** Makes the directory for a file that is about to be written. */
  async prepare({ organisation }: Of): Promise<void> {
    makePrivate(join(this.directory, organisation), this.root);
    await this.of(organisation);
  }

  /** Counts a file that was written, and removes the oldest ones until the rest is within the limit. The newest one stays. */
  async add({ id: newest, organisation }: Of, bytes: number): Promise<void> {
    const kept = await this.of(organisation);
    count(kept, newest, bytes);
    for (const id of kept.sizes.keys()) {
      if (kept.total <= this.most || kept.sizes.size === 1) return;
      count(kept, id, null);
      await rm(this.pathOf({ id, organisation }), { force: true });
    }
  }

  /** Removes the files of tasks that the store does not have any more. */
  async sweep(isKnown: (task: string) => Promise<boolean>): Promise<void> {
    for (const organisation of await namesIn(this.directory)) {
      const kept = await this.of(organisation);
      for (const id of await namesIn(join(this.directory, organisation))) {
        await nextTurn();
        if (await isKnown(id)) continue;
        await rm(this.pathOf({ id, organisation }), { force: true });
        count(kept, id, null);
      }
    }
  }

  private of(organisation: string): Promise<Kept> {
    const known = this.kept.get(organisation) ?? readKept(join(this.directory, organisation));
    this.kept.set(organisation, known);
    return known;
  }
}

/** Notes the newest output of a task; `null`: it has none any more. */
function count(kept: Kept, task: string, bytes: number | null): void {
  kept.total += (bytes ?? 0) - (kept.sizes.get(task) ?? 0);
  kept.sizes.delete(task);
  if (bytes !== null) kept.sizes.set(task, bytes);
}

async function readKept(directory: string): Promise<Kept> {
  const names = await namesIn(directory);
  const files = await Promise.all(names.map(async (name) => ({ name, stats: await stat(join(directory, name)) })));
  const kept: Kept = { sizes: new Map(), total: 0 };
  for (const { name, stats } of files.sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs)) count(kept, name, stats.size);
  return kept;
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
}

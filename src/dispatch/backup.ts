import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MayflyError } from '../errors.js';
import { askForBackup } from './backup-socket.js';
import { databaseFile } from './store/database.js';
import { openStore } from './store/open.js';

export interface BackupOptions {
  /** The service's directory. */
  directory: string;
  /** Absolute. It is replaced if it exists. */
  file: string;
  /** Version of this mayfly. */
  version: string;
}

/** Copies the service's database, by the service where it runs. @throws MayflyError `state_unreadable` if there is no database */
export async function backUp({ directory, file, version }: BackupOptions): Promise<void> {
  if (await askForBackup(directory, file)) return;
  const database = join(directory, databaseFile);
  if (!existsSync(database)) {
    throw new MayflyError('state_unreadable', {
      place: { file: database },
      cause: 'does not exist: mayfly serve has not run with this state directory',
      remedy: 'set MAYFLY_STATE_DIR to the directory of the service',
    });
  }
  const store = await openStore({ directory, version });
  try {
    await store.backup(file);
  } finally {
    await store.close();
  }
}

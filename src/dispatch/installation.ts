import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { MayflyError } from '../errors.js';
import { readIfThere, writeAtomic } from '../state/atomic-file.js';
import type { Store } from './store/store.js';

const fileName = 'installation';
const idKey = 'installation';
const recoveryKey = 'recovery';

/** An installation of the service, and whether its store may lack workers that live. */
export interface Installation {
  /** A UUID, a label of all objects of its workers. */
  id: string;
  /** The workers on the nodes must be taken up before runs are placed. */
  recovering: boolean;
  /** Stores that this was done. */
  recovered(): Promise<void>;
}

/**
 * Reads the installation's id, which is in the store and in a file beside it, so that it outlives either.
 *
 * @param restored the store is an older copy of itself
 * @throws MayflyError `settings_invalid` for a store of another installation
 */
export async function installationIn(directory: string, store: Store, { restored }: { restored: boolean }): Promise<Installation> {
  const file = join(directory, fileName);
  const [stored, text] = [await store.setting(idKey), await readIfThere(file)];
  const written = text?.trim() || null;
  if (stored !== null && written !== null && stored !== written) throw otherInstallation(file);
  const id = stored ?? written ?? randomUUID();
  const lost = stored === null && written !== null;
  if (lost || restored) await store.setSetting(recoveryKey, 'pending');
  if (stored === null) await store.setSetting(idKey, id);
  if (written === null) await writeAtomic(file, `${id}\n`, directory);
  return {
    id,
    recovering: (await store.setting(recoveryKey)) === 'pending',
    recovered: () => store.setSetting(recoveryKey, 'done'),
  };
}

function otherInstallation(file: string): MayflyError {
  return new MayflyError('settings_invalid', {
    place: { file },
    cause: 'holds the id of another installation than the database beside it',
    remedy: "remove the file if the database is this service's own",
  });
}

import { resolve } from 'node:path';
import { MayflyError } from '../../../errors.js';
import { findSettings } from '../../../runtime/settings.js';
import { openReporting } from '../../reporting.js';
import type { Args } from './options.js';

/** Copies the service's database into a file. */
export async function run(args: Args): Promise<void> {
  const reporting = openReporting(args);
  try {
    if (args.file === undefined) {
      throw new MayflyError('usage', { cause: 'the file of the backup is missing', remedy: 'run mayfly serve backup FILE' });
    }
    const file = resolve(args.file);
    const { stateDir } = await findSettings(process.cwd(), process.env, args);
    const { backUpService } = await import('./apart.js');
    await backUpService({ stateDir, file });
    if (reporting.json) reporting.line({ type: 'backup', file });
    else reporting.out(`The database is copied to ${file}.`);
  } catch (thrown) {
    process.exitCode = reporting.fail(thrown);
  }
}

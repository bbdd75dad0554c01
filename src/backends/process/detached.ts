import type { Ground } from '../shared/detached/ground.js';
import { assertRuns, execBeside } from './exec.js';
import type { Host } from './host.js';
import { objectPath } from './objects.js';
import { files, type ObjectRecord } from './record.js';

/** The scripts run on the machine itself, so the process need not run. */
export function groundOf(host: Host, record: ObjectRecord): Ground {
  return {
    directory: `${objectPath(host, record.id)}/${files.detached}`,
    assertRuns: () => assertRuns(host, record),
    exec: (options) => execBeside(host, record, options),
    root: {},
    files: null,
  };
}

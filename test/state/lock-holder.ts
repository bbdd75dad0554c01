import { systemClock } from '../../src/clock.js';
import { acquireLock } from '../../src/state/lock.js';

/** A process that takes a lock, says so, and keeps it until it is killed or told to let go. */
const [path = '', timeout = '0'] = process.argv.slice(2);
try {
  const lock = await acquireLock(path, { operation: 'holding', timeout: Number(timeout), clock: systemClock });
  process.stdout.write('held\n');
  process.stdin.once('data', () => void lock.release().then(() => process.exit(0)));
} catch (error) {
  process.stdout.write(`${(error as { code: string }).code}\n`);
  process.exit(3);
}

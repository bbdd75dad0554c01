import { nodeSystem } from '../../../src/backends/process/node-system.js';
import { crashingSystem } from './crashing-system.js';
import { makeWorker, openPlace } from './support.js';
import { removeWhole } from '../../support/whole.js';

/**
 * A program of its own that works on a worker and dies at a call: `node crash-entry <root> <make|end|lease> <n> <before|after>`.
 * Unharmed it prints the number of its calls.
 */
const [root = '', act, at, when] = process.argv.slice(2);
const { system, count } = crashingSystem(nodeSystem, Number(at), when === 'after' ? 'after' : 'before');
const { backend } = openPlace({ root, system });

if (act === 'make') {
  await makeWorker(backend);
} else if (act === 'lease') {
  await backend.writeLease('one', {}, 2_000_000_100);
} else {
  await removeWhole(backend, 'one');
}
backend.close();
process.stdout.write(String(count()));

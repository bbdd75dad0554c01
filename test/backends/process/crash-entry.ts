import { nodeSystem } from '../../../src/backends/process/node-system.js';
import { crashAt } from '../../kill/crash-at.js';
import { makeWorker, openPlace } from './support.js';
import { removeWhole } from '../../support/whole.js';

/**
 * A program of its own that works on a worker and dies at an act: `node crash-entry <root> <make|end|lease> <n> <before|after>`.
 * Unharmed it prints the number of its acts.
 */
const [root = '', act, at, when = 'before'] = process.argv.slice(2);
const { system, count } = crashAt(nodeSystem, Number(at), when);
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

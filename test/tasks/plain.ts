import { noFiles } from '../../src/tasks/files.js';

/** Fields of a run's task that is a command without files. */
export const plain = { fleet: null, allocation: null, function: null, files: noFiles };

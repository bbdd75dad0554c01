import { badDocker } from './docker.js';
import { badFakeDocker } from './fake-docker.js';
import { badFiles } from './files.js';
import { badProcesses } from './processes.js';
import { badWorkers } from './workers.js';

/** What only shows once a worker is planned, made or looked for. */
export const atRunTime = {
  'local processes': badProcesses,
  'workers and names': badWorkers,
  'files of ours': badFiles,
  'a daemon that fails': badFakeDocker,
  'real docker': badDocker,
};

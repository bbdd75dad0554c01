import { aws } from './aws/entry.js';
import { docker } from './docker/entry.js';
import type { Entry } from './ports/entry.js';
import { process } from './process/entry.js';

/** All kinds of backends, in the order in which they are asked and listed. */
export const entries: readonly Entry[] = [docker, process, aws];

import { describe, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { meet } from './bad-input.js';
import { badDocker } from './docker.js';

describe.skipIf(!dockerAvailable())('real docker', () => {
  test.for(Object.entries(badDocker))('%s', ([, bad]) => meet(bad));
});

import { describe, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { meet } from './bad-input.js';
import { atRunTime } from './run-time.js';

describe.for(Object.entries(atRunTime))('%s', ([title, table]) => {
  test.skipIf(title === 'real docker' && !dockerAvailable()).for(Object.entries(table))('%s', ([, bad]) => meet(bad));
});

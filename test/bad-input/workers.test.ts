import { describe, test } from 'vitest';
import { meet } from './bad-input.js';
import { badWorkers } from './workers.js';

describe('workers and names', () => {
  test.for(Object.entries(badWorkers))('%s', ([, bad]) => meet(bad));
});

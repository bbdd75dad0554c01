import { describe, test } from 'vitest';
import { meet } from './bad-input.js';
import { badProcesses } from './processes.js';

describe('local processes', () => {
  test.for(Object.entries(badProcesses))('%s', ([, bad]) => meet(bad));
});

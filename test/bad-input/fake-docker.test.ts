import { describe, test } from 'vitest';
import { meet } from './bad-input.js';
import { badFakeDocker } from './fake-docker.js';

describe('a daemon that fails', () => {
  test.for(Object.entries(badFakeDocker))('%s', ([, bad]) => meet(bad));
});

import { describe, test } from 'vitest';
import { meet } from './bad-input.js';
import { badFiles } from './files.js';

describe('files of ours', () => {
  test.for(Object.entries(badFiles))('%s', ([, bad]) => meet(bad));
});

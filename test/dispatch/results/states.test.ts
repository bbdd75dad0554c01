import { expect, test } from 'vitest';
import { hasFiles, mayFollowResults, newResults, resultsStates, uncollected } from '../../../src/dispatch/results/states.js';

test('results go from each state to these alone', () => {
  const table = resultsStates.map((from) => `${from}: ${resultsStates.filter((to) => mayFollowResults(from, to)).join(' ')}`.trim());
  expect(table).toEqual([
    'proposed: accepted rejected expired',
    'accepted: publishing',
    'rejected:',
    'publishing: publishing published failed',
    'published: expired',
    'failed: accepted rejected expired',
    'expired:',
  ]);
});

test('files are kept until results are rejected or expired', () => {
  const withFiles = resultsStates.filter((state) => hasFiles({ ...newResults(true), state }));
  expect(withFiles).toEqual(['proposed', 'accepted', 'publishing', 'published', 'failed']);
  expect(hasFiles(uncollected({ code: 'storage_full', cause: 'full', remedy: null }))).toBe(false);
});

import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

/**
 * A CI job in a worker, with every end it may have, and the examples. By itself: keepers of other tests would also end its workers, and
 * record the reason where its own machine does not look.
 */
export default defineConfig({
  test: {
    include: ['test/ci-job/**/*.test.ts', 'test/examples/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 150_000,
    hookTimeout: 120_000,
    globalSetup: 'test/support/whole-daemon.ts',
    reporters,
  },
});

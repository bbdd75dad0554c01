import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

/** The service as a process of its own on real daemons: kills, a stop, a partition, promises. */
export default defineConfig({
  test: {
    include: ['test/serve/**/*.test.ts'],
    maxConcurrency: 4,
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    globalSetup: 'test/support/whole-daemon.ts',
    reporters,
  },
});

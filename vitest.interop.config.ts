import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    globalSetup: 'test/support/whole-daemon.ts',
    reporters,
  },
});

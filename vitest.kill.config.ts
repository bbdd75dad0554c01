import { defineConfig } from 'vitest/config';
import { timeout } from './test/kill/classes.js';
import { reporters } from './test/support/reporters.js';

export default defineConfig({
  test: {
    include: ['test/kill/**/*.test.ts', 'test/dispatch/**/kill.test.ts'],
    testTimeout: timeout,
    hookTimeout: timeout,
    fileParallelism: false,
    globalSetup: 'test/support/whole-daemon.ts',
    reporters,
  },
});

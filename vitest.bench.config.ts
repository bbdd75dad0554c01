import { defineConfig } from 'vitest/config';

/** Measures and prints; `npm run bench` builds before. One at a time, since they share the machine. */
export default defineConfig({
  test: {
    include: ['test/bench/**/*.bench.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});

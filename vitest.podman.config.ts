import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

/** The docker backend on Podman's compatible socket, which scripts/setup-podman.sh starts, and on a daemon over ssh. */
export default defineConfig({
  test: {
    include: ['test/podman/**/*.test.ts', 'test/backends/docker/ssh.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    reporters,
  },
});

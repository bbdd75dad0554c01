import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

/** The docker backend on Podman's compatible socket; scripts/setup-podman.sh starts one. */
export default defineConfig({
  test: { include: ['test/podman/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false, reporters },
});

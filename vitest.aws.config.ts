import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

/** The aws backend on an emulator of AWS; scripts/setup-moto.sh installs it. */
export default defineConfig({
  test: { include: ['test/aws/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 120_000, fileParallelism: false, reporters },
});

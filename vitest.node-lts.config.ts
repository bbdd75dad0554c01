import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.js';

if (!process.release.lts || parseInt(process.versions.node) < 24) throw new Error(`not on the newest LTS: Node ${process.version}`);

/** The parts of mayfly that meet Node: command line, library, embedded applier, processes, keeper, Docker, the store. scripts/setup-node-lts.sh has it. */
export default defineConfig({
  test: {
    include: ['cli', 'apply', 'keeper', 'backends/process', 'dispatch', 'wasm'].map((part) => `test/${part}/**/*.test.ts`),
    exclude: ['test/dispatch/**/kill.test.ts'],
    globalSetup: 'test/support/whole-daemon.ts',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters,
  },
});

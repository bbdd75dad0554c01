import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.js';
import { reporters } from './test/support/reporters.js';

/** Everything but the slow suites, which `.ci/run` runs beside it. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...['ci-job', 'examples', 'kill', 'serve', 'interop', 'podman', 'aws'].map((folder) => `test/${folder}/**`),
      'test/dispatch/**/kill.test.ts',
      'test/backends/docker/ssh.test.ts',
    ],
    // Three even on two cores: much of it waits for Docker.
    globalSetup: 'test/support/whole-daemon.ts',
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters,
  },
});

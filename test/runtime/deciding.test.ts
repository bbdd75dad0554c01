import { expect, test } from 'vitest';
import { entries } from '../../src/backends/registry.js';
import { asDecided, decidingEnv } from '../../src/runtime/deciding.js';

test('a keeper finds a backend as the command does that asks, not as the one did that started it', () => {
  const started = { DOCKER_HOST: 'unix:///elsewhere.sock', HOME: '/home/a', PATH: '/bin' };
  const asking = { HOME: '/home/a', MAYFLY_PROCESS_DIR: '/p', SSH_AUTH_SOCK: '/agent', PATH: '/usr/bin' };
  expect(asDecided(entries, started, decidingEnv(entries, asking))).toEqual({
    HOME: '/home/a',
    MAYFLY_PROCESS_DIR: '/p',
    SSH_AUTH_SOCK: '/agent',
    PATH: '/bin',
  });
});

import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { images } from './docker.js';

export const keeperImage = `mayfly-keeper:${pkg.version}`;

/** The image as the README makes it, from this machine's Node. */
export function buildKeeperImage(): void {
  const args = ['build', '--quiet', '--build-arg', `BASE=${images.node}`, '--tag', keeperImage, '.'];
  const { status, stderr } = spawnSync('docker', args, { encoding: 'utf8', env: { ...process.env, DOCKER_BUILDKIT: '0' } });
  expect(status, stderr).toBe(0);
}

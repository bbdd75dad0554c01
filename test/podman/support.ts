import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where scripts/setup-podman.sh puts the service's socket. */
export const podmanSocket = join(process.env.MAYFLY_TEST_CACHE ?? join(homedir(), '.cache/mayfly-test'), 'podman/podman.sock');

let available: boolean | undefined;

/**
 * Whether a service answers there; asked once, in time for `describe.skipIf`.
 * @throws where it must be there (`MAYFLY_REQUIRE_PODMAN=1`) and isn't
 */
export function podmanAvailable(): boolean {
  available ??= existsSync(podmanSocket) && answers();
  if (!available && process.env.MAYFLY_REQUIRE_PODMAN === '1') {
    throw new Error(`MAYFLY_REQUIRE_PODMAN is set, but no podman answers at ${podmanSocket}: scripts/setup-podman.sh`);
  }
  return available;
}

function answers(): boolean {
  // Another process, because `describe` can't wait.
  const ask = `require('node:http').request({ socketPath: process.argv[1], path: '/_ping' }, () => process.exit(0))
    .once('error', () => process.exit(1)).end();`;
  try {
    execFileSync(process.execPath, ['-e', ask, podmanSocket], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The words that begin a call of docker compose: the client's plugin, or the program of scripts/build-compose.sh. @returns `null` without either */
export function composeCommand(): [string, ...string[]] | null {
  if (spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status === 0) return ['docker', 'compose'];
  const cache = process.env['MAYFLY_TEST_CACHE'] ?? join(homedir(), '.cache/mayfly-test');
  const built = join(cache, 'compose/current/docker-compose');
  return existsSync(built) ? [built] : null;
}

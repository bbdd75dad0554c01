// `npm test`: works right after a clone. Installs, readies Docker where that is possible and wanted, builds, checks, tests.
// Arguments go to vitest: `npm test -- test/spec`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ensureInstalled, must, run } from './lib.mjs';

const required = process.env.MAYFLY_REQUIRE_DOCKER === '1';
// Nobody's own machine is changed unasked.
const maySetUp = Boolean(process.env.CI) || process.env.MAYFLY_SETUP_DOCKER === '1';
const isDebianRoot = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** @returns why the tests that need Docker are left out; nothing when they aren't */
function readyDocker() {
  if (maySetUp && isDebianRoot) {
    return run('scripts/setup-docker.sh', []) === 0 && run('scripts/test-images.sh', []) === 0
      ? undefined
      : 'setting it up failed, see above';
  }
  const { status } = spawnSync('docker', ['version'], { stdio: 'ignore', timeout: 15_000 });
  if (status !== 0) return 'no Docker daemon answers here; on Debian as root, MAYFLY_SETUP_DOCKER=1 installs one';
  if (run('scripts/test-images.sh', [], { MAYFLY_NO_INSTALL: '1' }) === 0) return undefined;
  return 'the test images could not be made, see above; on Debian as root, MAYFLY_SETUP_DOCKER=1 installs what that takes';
}

ensureInstalled();
const leftOut = readyDocker();
if (leftOut && required) {
  console.error(`Docker is required here (MAYFLY_REQUIRE_DOCKER), but ${leftOut}`);
  process.exit(1);
}
const notice = leftOut && `Left out: all tests that need Docker. Reason: ${leftOut}.`;
if (notice) console.log(notice);

must('npm', ['run', '--silent', 'build']);
must('npm', ['run', '--silent', 'check']);
const code = run('npx', ['--no-install', 'vitest', 'run', ...process.argv.slice(2)]);
// Once more where it is seen: below the results.
if (notice) console.log(notice);
process.exit(code);

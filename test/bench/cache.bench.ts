import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { tempDir, uniqueName } from '../support/temp-dir.js';
import { median, report, runProcess, timed } from './measure.js';
import { npmProject, writeRegistry } from './npm-project.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 3);
const port = 4873;
const wanted = ['eslint', 'prettier', 'typescript', 'yargs'];
const waits = ['node', '-e', "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1e6)"];
const size = { cpu: 1000, memory: 1024, storage: 0 };
const small = { cpu: 200, memory: 128, storage: 0 };

test.skipIf(!dockerAvailable())('npm ci with a warm cache against a cold one', async () => {
  const dir = await tempDir();
  const env = { ...process.env, HOME: dir, MAYFLY_STATE_DIR: join(dir, 'state') };
  const mayfly = (...args: string[]) => runProcess(process.execPath, ['dist/mayfly.cjs', ...args], { env });
  const served = join(dir, 'registry');
  const project = await npmProject(wanted, served, `http://localhost:${port}`);
  await writeRegistry(join(served, 'server.cjs'), port);
  const spec = async (cache: string) => {
    const path = join(dir, `${cache}.json`);
    await writeFile(path, JSON.stringify(specOf(cache, served, project)));
    return path;
  };
  const job = (path: string) => () => mayfly('run', path, '--in', 'test', '--', 'node', '/npm/bin/npm-cli.js', 'ci', '--ignore-scripts');
  const times: Record<'cold' | 'warm', number[]> = { cold: [], warm: [] };
  for (let round = 0; round < rounds; round += 1) {
    const cache = uniqueName('npm');
    const path = await spec(cache);
    try {
      times.cold.push(await timed(job(path)));
      times.warm.push(await timed(job(path)));
    } finally {
      await mayfly('cache', 'rm', cache, '--backend', 'docker');
    }
  }
  report(`npm ci of ${project.count} packages, cold cache`, median(times.cold));
  report('npm ci of the same, warm cache', median(times.warm), { name: 'cold', ms: median(times.cold), aim: '< 1' });
});

/** The job: this machine's npm beside a registry in the same worker, which no network makes slow. */
function specOf(cache: string, served: string, { packageJson, lock }: { packageJson: string; lock: string }): object {
  const npm = dirname(dirname(realpathSync(execFileSync('which', ['npm'], { encoding: 'utf8' }).trim())));
  const up = ['node', '-e', `fetch('http://localhost:${port}/up').then(({ ok }) => process.exit(ok ? 0 : 1))`];
  return {
    max_duration: '5m',
    ...small,
    engine: { image: images.node, command: waits },
    containers: [
      {
        ...{ name: 'test', image: images.node, command: waits, working_dir: '/src', ...size },
        env: { npm_config_cache: '/npm-cache', npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' },
        files: [
          { to: '/src/package.json', content: packageJson },
          { to: '/src/package-lock.json', content: lock },
        ],
        mounts: [{ source: npm, mount_point: '/npm', read_only: true }],
      },
    ],
    service_containers: [
      {
        ...{ name: 'registry', image: images.node, command: ['node', '/registry/server.cjs'], ...small },
        mounts: [{ source: served, mount_point: '/registry', read_only: true }],
        healthcheck: { command: up, interval: '200ms' },
      },
    ],
    caches: [{ name: cache, to: '/npm-cache', in: 'test' }],
  };
}

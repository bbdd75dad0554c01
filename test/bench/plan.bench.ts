import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { tempDir } from '../support/temp-dir.js';
import { interleaved, report, runProcess, timed } from './measure.js';

const count = 1000;

/** An engine and a thousand executors that share two volumes. */
function largeSpec(): unknown {
  const containers = Array.from({ length: count }, (_, index) => ({
    name: `c${index}`,
    image: 'busybox:1',
    env: { INDEX: String(index), GREETING: 'hello' },
    cpu: 10,
    memory: 6,
    storage: 20,
    mounts: [{ name: index % 2 ? 'odd' : 'even', mount_point: '/work' }],
  }));
  return {
    max_duration: 3600,
    cpu: 10,
    memory: 64,
    storage: 100,
    engine: { image: 'busybox:1', command: ['sh'] },
    volumes: [
      { name: 'odd', storage: 20 },
      { name: 'even', storage: 20 },
    ],
    containers,
  };
}

test('plan of 1,000 containers against a daemon that holds them all', async () => {
  const docker = await startFakeDocker({ images: ['busybox:1'], cpus: 16 });
  const dir = await tempDir();
  const spec = join(dir, 'large.json');
  await writeFile(spec, JSON.stringify(largeSpec()));
  const env = { ...process.env, HOME: dir, MAYFLY_STATE_DIR: join(dir, 'state'), DOCKER_HOST: docker.host };
  const mayfly = (...args: string[]) => runProcess(process.execPath, ['dist/mayfly.cjs', ...args], { env });
  await mayfly('apply', spec, '--auto-approve');
  const { plan } = await interleaved(5, { plan: () => timed(() => mayfly('plan', spec)) });
  report(`mayfly plan, ${count} containers, no changes`, plan);
  console.log('   (aim < 2000 ms)');
  await mayfly('destroy', 'large', '--auto-approve');
});

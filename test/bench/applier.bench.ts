import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { images } from '../support/docker.js';
import { tempDir, uniqueName } from '../support/temp-dir.js';
import { interopAvailable, productPath, terraformCliConfig, tofuAvailable } from '../support/terraform.js';
import { interleaved, median, report, runProcess, timed } from './measure.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 5);
const idle = ['sh', '-c', "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"];

/** An engine, two executors and the volume that they share. */
const spec = {
  max_duration: 600,
  cpu: 100,
  memory: 32,
  storage: 50,
  engine: { image: images.busybox, command: idle },
  volumes: [{ name: 'work', storage: 20 }],
  containers: ['build', 'lint'].map((name) => ({
    name,
    image: images.busybox,
    cpu: 100,
    memory: 32,
    storage: 20,
    mounts: [{ name: 'work', mount_point: '/work' }],
  })),
};

test('the same worker by each applier', async () => {
  if (!(await interopAvailable())) return console.log('(no terraform or no provider here: left out)');
  const dir = await tempDir();
  const path = join(dir, 'bench.json');
  await writeFile(path, JSON.stringify(spec));
  const appliers = ['embedded', 'terraform', ...((await tofuAvailable()) ? ['tofu'] : [])];
  const base = { ...process.env, HOME: dir, PATH: productPath, TF_CLI_CONFIG_FILE: await terraformCliConfig(dir), XDG_CACHE_HOME: dir };
  const times: Record<string, number[]> = {};
  const round = (applier: string) => async () => {
    const name = uniqueName();
    // A state directory for each applier: its keeper stays from one round to the next.
    const env = { ...base, MAYFLY_STATE_DIR: join(dir, applier), MAYFLY_APPLIER: applier };
    const mayfly = (...args: string[]) => timed(() => runProcess(process.execPath, ['dist/mayfly.cjs', ...args, '--name', name], { env }));
    const applied = await mayfly('apply', path, '--auto-approve');
    (times[`plan ${applier}`] ??= []).push(await mayfly('plan', path));
    (times[`destroy ${applier}`] ??= []).push(await mayfly('destroy', path, '--auto-approve'));
    return applied;
  };
  const contestants = Object.fromEntries(appliers.map((applier) => [applier, round(applier)]));
  // The first init, and the bundle's compiled code.
  await interleaved(1, contestants);
  for (const key of Object.keys(times)) delete times[key];
  const applied: Record<string, number> = await interleaved<string>(rounds, contestants);
  for (const what of ['apply', 'plan', 'destroy']) {
    const of = (applier: string) => (what === 'apply' ? applied[applier]! : median(times[`${what} ${applier}`]!));
    for (const applier of appliers) report(`${what}: ${applier}`, of(applier), { name: 'embedded', ms: of('embedded'), aim: 'none' });
  }
});

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { type OnCall, startDockerProxy } from '../support/docker-proxy.js';
import { spawnCli } from '../support/run-cli.js';
import { interopAvailable } from '../support/terraform.js';
import { container, leftOf, noChanges, planOf, small, wait, type Worker } from '../docker/support.js';
import { dismissKeeper, interopWorker } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

const spec = {
  ...small,
  volumes: [{ name: 'work', storage: 10 }],
  containers: [container('build', { mounts: [{ name: 'work', mount_point: '/work' }] }), container('lint', { command: wait() })],
};

/** Moments of making: a volume made, the engine made, the engine started, one that joins it made. */
const moments = {
  'a volume is made': /^POST .*\/volumes\/create/,
  'the engine is made': /^POST .*\/containers\/create\?name=[^&]*\.engine/,
  'the engine is started': /^POST .*\/containers\/[^/]+\/start/,
  'a container is made': /^POST .*\/containers\/create\?name=[^&]*\.(build|lint)/,
};

/** Kills one apply with SIGKILL when the daemon has just acted on the first such call. */
async function killedAt(one: Worker, applier: string, pattern: RegExp): Promise<void> {
  let kill = () => {};
  let hit = false;
  const onCall: OnCall = ({ method, path, moment }) => {
    if (hit || moment !== 'acted' || !pattern.test(`${method} ${path}`)) return undefined;
    hit = true;
    kill();
    return 'drop';
  };
  const proxy = await startDockerProxy({ onCall });
  const running = await spawnCli(['apply', one.specPath, '--auto-approve', '--applier', applier], {
    machine: one.machine,
    env: { ...one.env, DOCKER_HOST: proxy.host },
  });
  kill = () => running.child.kill('SIGKILL');
  const { signal, stderr } = await running.done;
  expect(signal, stderr).toBe('SIGKILL');
  await proxy.close();
}

describe.skipIf(!available)('killed while it applies, the other applier finishes', () => {
  const cases = Object.keys(moments).flatMap((moment) => [
    ['terraform', 'embedded', moment] as const,
    ['embedded', 'terraform', moment] as const,
  ]);
  test.for(cases)('%s, then %s: %s', async ([first, second, moment]) => {
    const one = await interopWorker(spec);
    await killedAt(one, first, moments[moment as keyof typeof moments]);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', second]);
    // States and keys that the first one had there.
    expect(await readdir(join(one.machine.stateDir, 'scratch')).catch(() => [])).toEqual([]);
    expect(await planOf(one)).toEqual(noChanges);
    expect(await planOf(one, { applier: 'terraform' })).toEqual(noChanges);
    await dismissKeeper(one);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

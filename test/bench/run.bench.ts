import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { images } from '../support/docker.js';
import { tempDir, uniqueName } from '../support/temp-dir.js';
import { composeCommand } from './compose.js';
import { interleaved, report, runProcess, timed } from './measure.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 9);
const image = images.busybox;
const idle = ['sh', '-c', "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"];

const one = { max_duration: '10m', engine: { image, command: idle } };

/** An idle engine, the container of the job and a service that becomes healthy. */
const three = {
  max_duration: '10m',
  engine: 'idle',
  containers: [{ name: 'test', image }],
  service_containers: [{ name: 'db', image, command: idle, healthcheck: { command: ['true'], interval: '200ms' } }],
};

const compose = {
  services: {
    base: { image, command: idle },
    test: { image, command: idle, network_mode: 'service:base' },
    db: { image, command: idle, network_mode: 'service:base', healthcheck: { test: ['CMD', 'true'], interval: '200ms' } },
  },
};

interface Mayfly {
  /** One run of `true`. */
  run(...args: string[]): Promise<number>;
  /** Starts a worker that keeps the keeper alive between runs, as a permanent keeper is. */
  hold(): Promise<void>;
  release(): Promise<void>;
}

/** Runs of a spec. @param keeper `each`: every run has a state directory of its own, so it starts its keeper; `one`: all share one. */
async function mayfly(spec: unknown, keeper: 'each' | 'one'): Promise<Mayfly> {
  const dir = await tempDir();
  const path = join(dir, 'bench.json');
  await writeFile(path, JSON.stringify(spec));
  const held = uniqueName();
  const command = (stateDir: string, args: string[]) =>
    runProcess(process.execPath, ['dist/mayfly.cjs', ...args], {
      env: { ...process.env, HOME: dir, MAYFLY_STATE_DIR: join(dir, stateDir) },
    });
  return {
    run(...args) {
      const stateDir = keeper === 'one' ? 'state' : uniqueName();
      return timed(() => command(stateDir, ['run', path, '--name', uniqueName(), ...args, '--', 'true']));
    },
    hold: async () => void (await command('state', ['apply', path, '--name', held, '--auto-approve'])),
    release: async () => void (await command('state', ['destroy', held, '--auto-approve'])),
  };
}

test('run of `true` in one container, against docker run', async () => {
  const [cold, warm] = [await mayfly(one, 'each'), await mayfly(one, 'one')];
  await warm.hold();
  const times = await interleaved(rounds, {
    docker: () => timed(() => runProcess('docker', ['run', '--rm', image, 'true'])),
    cold: () => cold.run(),
    warm: () => warm.run(),
  });
  await warm.release();
  const docker = { name: 'docker run', ms: times.docker, aim: '≤ 1.2' };
  report('docker run --rm … true', times.docker);
  report('mayfly run … true, starting a keeper', times.cold, docker);
  report('mayfly run … true, beside a living keeper', times.warm, docker);
});

test('run of `true` with three containers, against docker compose up, exec and down', async () => {
  const command = composeCommand();
  if (!command) return console.log('(docker compose is not installed here: left out; scripts/build-compose.sh builds it)');
  const [cold, warm] = [await mayfly(three, 'each'), await mayfly(three, 'one')];
  const dir = await tempDir();
  await writeFile(join(dir, 'compose.json'), JSON.stringify(compose));
  const [program, ...prefix] = command;
  const up = () => {
    const project = uniqueName();
    const call = (...args: string[]) => runProcess(program, [...prefix, '-f', join(dir, 'compose.json'), '-p', project, ...args]);
    return timed(async () => {
      await call('up', '--detach', '--wait');
      await call('exec', '-T', 'test', 'true');
      await call('down', '--volumes');
    });
  };
  await warm.hold();
  const times = await interleaved(rounds, { compose: up, cold: () => cold.run('--in', 'test'), warm: () => warm.run('--in', 'test') });
  await warm.release();
  const against = { name: 'compose', ms: times.compose, aim: '≤ 0.9' };
  report('docker compose up, exec … true, down', times.compose);
  report('mayfly run … true, starting a keeper', times.cold, against);
  report('mayfly run … true, beside a living keeper', times.warm, against);
});

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { images, must } from '../support/docker.js';
import { until } from '../support/poll.js';
import { tempDir, uniqueName } from '../support/temp-dir.js';
import { interopAvailable, runTerraform } from '../support/terraform.js';
import { composeCommand } from './compose.js';
import { interleaved, report, runProcess, timed } from './measure.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 7);
const health = { command: ['true'], interval: '200ms' };
const idle = ["trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"];

/** An engine with a port, an executor, a service with a healthcheck, and a volume. */
const spec = {
  max_duration: 600,
  cpu: 100,
  memory: 32,
  storage: 50,
  engine: { image: images.busybox, command: ['httpd', '-f', '-p', '8080'], port: 8080 },
  volumes: [{ name: 'work', storage: 20 }],
  containers: [
    { name: 'build', image: images.busybox, cpu: 100, memory: 32, storage: 20, mounts: [{ name: 'work', mount_point: '/work' }] },
  ],
  service_containers: [
    { name: 'db', image: images.busybox, command: ['sh', '-c', ...idle], cpu: 100, memory: 32, storage: 0, healthcheck: health },
  ],
};

const compose = {
  services: {
    engine: { image: images.busybox, command: spec.engine.command, init: true, ports: ['127.0.0.1::8080'], volumes: ['work:/media/work'] },
    build: {
      image: images.busybox,
      entrypoint: ['sh', '-c'],
      command: idle,
      init: true,
      network_mode: 'service:engine',
      volumes: ['work:/work'],
    },
    db: {
      image: images.busybox,
      entrypoint: ['sh', '-c'],
      command: idle,
      init: true,
      network_mode: 'service:engine',
      healthcheck: { test: ['CMD', 'true'], interval: '200ms' },
    },
  },
  volumes: { work: {} },
};

/** Times of making and of ending, whole processes each. */
interface Contestant {
  make(): Promise<number>;
  end(): Promise<number>;
}

async function mayfly(): Promise<Contestant> {
  const dir = await tempDir();
  const path = join(dir, 'bench.json');
  await writeFile(path, JSON.stringify(spec));
  let env: NodeJS.ProcessEnv = {};
  let name = '';
  return {
    async make() {
      // A state directory of its own: the keeper's start is part of it.
      name = uniqueName();
      env = { ...process.env, HOME: dir, MAYFLY_STATE_DIR: join(dir, name) };
      return timed(() => runProcess(process.execPath, ['dist/mayfly.cjs', 'apply', path, '--name', name, '--auto-approve'], { env }));
    },
    end: () => timed(() => runProcess(process.execPath, ['dist/mayfly.cjs', 'destroy', name, '--auto-approve'], { env })),
  };
}

/** The least calls that make and end the same, from a process that is warm. */
function bareCalls(): Contestant {
  let name = '';
  let ids: string[] = [];
  const container = (suffix: string, body: Record<string, unknown>, host: Record<string, unknown>) =>
    must<{ Id: string }>('POST', `/containers/create?name=${name}-${suffix}`, {
      Image: images.busybox,
      ...body,
      HostConfig: { Init: true, Memory: 32 * 2 ** 20, MemorySwap: 32 * 2 ** 20, NanoCpus: 1e8, ...host },
    });
  return {
    async make() {
      name = uniqueName();
      return timed(async () => {
        await must('POST', '/volumes/create', { Name: `${name}-work` });
        const engine = await container(
          'engine',
          { Cmd: spec.engine.command, ExposedPorts: { '8080/tcp': {} } },
          {
            Binds: [`${name}-work:/media/work`],
            PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
          },
        );
        await must('POST', `/containers/${engine.Id}/start`);
        const joined = await Promise.all([
          container(
            'build',
            { Entrypoint: ['sh', '-c'], Cmd: idle },
            { Binds: [`${name}-work:/work`], NetworkMode: `container:${engine.Id}` },
          ),
          container(
            'db',
            { Entrypoint: ['sh', '-c'], Cmd: idle, Healthcheck: { Test: ['CMD', 'true'], Interval: 2e8 } },
            { NetworkMode: `container:${engine.Id}` },
          ),
        ]);
        await Promise.all(joined.map(({ Id }) => must('POST', `/containers/${Id}/start`)));
        ids = [engine.Id, ...joined.map(({ Id }) => Id)];
        await until('healthy', async () => {
          const { State } = await must<{ State: { Health: { Status: string } } }>('GET', `/containers/${joined[1]!.Id}/json`);
          return State.Health.Status === 'healthy';
        });
      });
    },
    end: () =>
      timed(async () => {
        await Promise.all(
          ids.map(async (id) => {
            await must('POST', `/containers/${id}/stop?t=10`);
            await must('DELETE', `/containers/${id}?force=1&v=1`);
          }),
        );
        await must('DELETE', `/volumes/${name}-work`);
      }),
  };
}

async function dockerCompose(): Promise<Contestant | null> {
  const command = composeCommand();
  if (!command) return null;
  const [program, ...prefix] = command;
  const dir = await tempDir();
  await writeFile(join(dir, 'compose.json'), JSON.stringify(compose));
  const run = (...args: string[]) => timed(() => runProcess(program, [...prefix, '-f', join(dir, 'compose.json'), '-p', name, ...args]));
  let name = '';
  return {
    make() {
      name = uniqueName();
      return run('up', '-d', '--wait');
    },
    end: () => run('down', '-v'),
  };
}

async function terraform(): Promise<Contestant | null> {
  if (!(await interopAvailable())) return null;
  const dir = await tempDir();
  let cwd = '';
  const mustRun = async (...args: string[]) => {
    const { code, stdout, stderr } = await runTerraform(args, { cwd });
    if (code !== 0) throw new Error(`terraform ${args.join(' ')}: ${stdout}${stderr}`);
  };
  return {
    async make() {
      const name = uniqueName();
      cwd = join(dir, name);
      await mkdir(cwd);
      await writeFile(join(dir, 'bench.json'), JSON.stringify(spec));
      await runProcess(process.execPath, ['dist/mayfly.cjs', 'synth', join(dir, 'bench.json'), '--name', name, '--out', cwd]);
      await mustRun('init');
      return timed(() => mustRun('apply', '-auto-approve'));
    },
    end: () => timed(() => mustRun('destroy', '-auto-approve')),
  };
}

test('apply and destroy of a worker of three containers', async () => {
  const found = { mayfly: await mayfly(), bare: bareCalls(), compose: await dockerCompose(), terraform: await terraform() };
  const contestants = Object.entries(found).filter((entry): entry is [string, Contestant] => entry[1] !== null);
  for (const [name, contestant] of Object.entries(found)) if (!contestant) console.log(`(${name} is not installed here: left out)`);
  const ends: Record<string, number[]> = {};
  const round = ([name, { make, end }]: [string, Contestant]): [string, () => Promise<number>] => [
    name,
    async () => {
      const made = await make();
      (ends[name] ??= []).push(await end());
      return made;
    },
  ];
  // The bridge that the terraform contestant's engine joins is made by mayfly's first round.
  const keep = await mayfly();
  await keep.make();
  const node = () => timed(() => runProcess(process.execPath, ['-e', '0']));
  const medians: Record<string, number> = await interleaved<string>(rounds, { ...Object.fromEntries(contestants.map(round)), node });
  await keep.end();
  const destroyed = Object.fromEntries(
    Object.entries(ends).map(([name, all]) => [name, all.sort((a, b) => a - b)[Math.floor(all.length / 2)]!]),
  );
  for (const [what, times] of [
    ['apply', medians],
    ['destroy', destroyed],
  ] as const) {
    for (const [name] of contestants) report(`${what}: ${name}`, times[name]!);
    const limit = times['bare']! + medians['node']!;
    report(`${what}: mayfly to bare calls + Node start`, times['mayfly']!, { name: 'that', ms: limit, aim: '≤ 1.3' });
    if (times['compose']) report(`${what}: mayfly to compose`, times['mayfly']!, { name: 'compose', ms: times['compose'], aim: '≤ 1' });
    if (times['terraform'])
      report(`${what}: terraform to mayfly`, times['terraform'], { name: 'mayfly', ms: times['mayfly']!, aim: '≥ 4' });
  }
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { images } from '../support/docker.js';
import { tempDir, uniqueName } from '../support/temp-dir.js';
import { interleaved, report, runProcess } from './measure.js';

const rounds = Number(process.env['MAYFLY_BENCH_ROUNDS'] ?? 5);
const image = images.busybox;

/** Counts in two processes at once, which a limit of one core would slow down, and prints the seconds before and after. */
const busy = 'i=0; while [ $i -lt 3000000 ]; do i=$((i+1)); done';
const job = ['sh', '-c', `cat /proc/uptime; (${busy}) & (${busy}) & wait; cat /proc/uptime`];

/** Milliseconds that the job took by itself, without the start of its container. */
async function jobTime(program: string, args: string[], env = process.env): Promise<number> {
  const [before, after] = (await runProcess(program, [...args, ...job], { env }))
    .split('\n')
    .flatMap((line) => /^(\d+\.\d+) \d+\.\d+$/.exec(line)?.[1] ?? []);
  return Math.max(1, (Number(after) - Number(before)) * 1000);
}

test('a CPU-bound job with default limits, against docker run', async () => {
  const dir = await tempDir();
  const path = join(dir, 'bench.json');
  await writeFile(path, JSON.stringify({ max_duration: '10m', engine: 'idle', containers: [{ name: 'test', image }] }));
  const env = { ...process.env, HOME: dir, MAYFLY_STATE_DIR: join(dir, 'state') };
  const times = await interleaved(rounds, {
    docker: () => jobTime('docker', ['run', '--rm', image]),
    mayfly: () => jobTime(process.execPath, ['dist/mayfly.cjs', 'run', path, '--name', uniqueName(), '--in', 'test', '--'], env),
  });
  report('docker run: a CPU-bound job', times.docker);
  report('mayfly run: a CPU-bound job', times.mayfly, { name: 'docker run', ms: times.docker, aim: '≤ 1.02' });
});

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { processBackend } from '../../src/backends/process/index.js';
import { systemClock } from '../../src/clock.js';
import { plantForeign } from '../backends/process/support.js';
import { cliPath, type Machine, machine } from '../support/run-cli.js';
import { uniqueName } from '../support/temp-dir.js';
import { hours } from './worker-file.js';

/** The program of `process-entry.ts`, built once. */
export async function buildEntry(): Promise<{ path: string; remove(): Promise<void> }> {
  const outdir = await mkdtemp(join(tmpdir(), 'mayfly-kill-entry-'));
  await build({
    entryPoints: { entry: join(import.meta.dirname, 'process-entry.ts') },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  });
  return { path: join(outdir, 'entry.mjs'), remove: () => rm(outdir, { recursive: true, force: true }) };
}

export interface Ending {
  killed: boolean;
  stdout: string;
}

/** A machine of its own with somebody else's directories where a worker's are, and in it. */
export interface Place {
  worker: string;
  machine: Machine;
  spec: string;
  root: string;
  /** @throws when it ends otherwise than well or by SIGKILL */
  run(what: string, options?: { at?: number; when?: string; ahead?: number }): Promise<Ending>;
  /** What of somebody else's is not as it was. */
  touched(): Promise<string[]>;
}

export async function openPlace(entry: string): Promise<Place> {
  const own = await machine();
  const worker = uniqueName('proc');
  const root = own.processDir;
  const backend = processBackend({ root, clock: systemClock });
  await backend.prepare();
  backend.close();
  const paths = [join(root, worker, 'engine-2'), join(root, `${worker}2`, 'engine')];
  await mkdir(join(root, worker), { recursive: true, mode: 0o700 });
  const foreign = await Promise.all(paths.map((path) => plantForeign(path)));
  const spec = join(own.home, 'worker.json');
  await writeFile(spec, JSON.stringify(specOf(worker)));
  return {
    worker,
    machine: own,
    spec,
    root,
    run: (what, { at = 0, when = 'before', ahead = 0 } = {}) =>
      new Promise((resolve, reject) => {
        const parameters = [entry, what, spec, String(at), when, cliPath, String(ahead)];
        execFile(process.execPath, parameters, { env: own.env, timeout: 60_000 }, (error, stdout, stderr) => {
          if (!error) resolve({ killed: false, stdout });
          else if (error.signal === 'SIGKILL') resolve({ killed: true, stdout });
          else reject(new Error(`${what} at ${when} ${at}: ${error.message}\n${stderr}`));
        });
      }),
    async touched() {
      const intact = await Promise.all(foreign.map((one) => one.intact()));
      return paths.filter((_path, i) => !intact[i]);
    },
  };
}

function specOf(name: string): Record<string, unknown> {
  const size = { cpu: 50, memory: 32, storage: 32 };
  return {
    name,
    ...hours,
    ...size,
    storage: 64,
    backend: 'process',
    engine: { command: ['sleep', '100000'] },
    volumes: [{ name: 'work', storage: 8, medium: 'disk' }],
    service_containers: [
      {
        name: 'db',
        ...size,
        command: ['sh', '-c', 'sleep 100000 & wait'],
        mounts: [{ name: 'work', mount_point: '/work' }],
        healthcheck: { command: ['CMD', 'true'], interval: 0.2, timeout: 5, retries: 3, start_period: 0 },
      },
    ],
  };
}

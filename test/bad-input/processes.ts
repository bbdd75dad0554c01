import { chmod, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { freePort, specs } from '../cli/specs.js';
import type { BadInput } from './bad-input.js';

const apply = { args: ['apply', 'SPEC', '--auto-approve'] } as const;
const refused = { ...apply, code: 'no_backend', remedy: /name another backend/ } as const;
const onProcess = { backend: 'process' };
const taken = await freePort();

/** Specs that are right by themselves and can't be had from local processes here. */
export const badProcesses: Record<string, BadInput> = {
  'a command that is not there': {
    ...apply,
    code: 'not_ready',
    spec: specs.process({ engine: { command: ['no-such-command'] } }),
    at: 'NAME/engine',
    cause: /engine .*127/,
    remedy: /last lines/,
  },
  'an engine that ends at once': {
    ...apply,
    code: 'not_ready',
    spec: specs.process({ engine: { command: ['sh', '-c', 'echo no luck; exit 3'], port: taken } }),
    at: 'NAME/engine',
    cause: /ended with exit code 3/,
    remedy: /last lines/,
  },
  'a healthcheck that never passes': {
    ...apply,
    code: 'not_ready',
    spec: specs.process({
      create_timeout: 2,
      engine: { command: ['sleep', '100'], healthcheck: { command: ['false'], interval: '200ms', retries: 1000 } },
    }),
    at: 'NAME/engine',
    cause: /not ready within create_timeout \(2 s\), waiting for engine: healthcheck/,
    remedy: /last lines/,
  },
  'a port that another program has': {
    ...apply,
    code: 'port_in_use',
    spec: specs.server(taken),
    at: 'mayfly_process.engine',
    cause: new RegExp(`port ${taken} is in use by another program`),
    remedy: /\S/,
    async before() {
      const server = createServer().listen(taken, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return () => new Promise((resolve) => server.close(resolve));
    },
  },
  'more memory than there is': { ...refused, spec: specs.process({ memory: 1e8, ...onProcess }), at: 'process', cause: /100000000 MB/ },
  'more cpu than there is': { ...refused, spec: specs.process({ cpu: 1e6, ...onProcess }), at: 'process', cause: /1000\.0 CPU/ },
  'another architecture': {
    ...refused,
    spec: specs.process({ arch: process.arch === 'arm64' ? 'amd64' : 'arm64', ...onProcess }),
    at: 'process',
    cause: /asks for a\w+64, and this machine is a\w+64/,
  },
  'an image for a process': {
    ...refused,
    spec: specs.fake(onProcess),
    at: 'process',
    cause: /have no images/,
  },
  'no backend at all': { ...refused, spec: specs.fake({ engine: null }), at: 'docker', cause: /docker[\s\S]*engine/ },
  'a Mélodium engine that strangers are to reach over TLS': {
    args: ['plan', '-', '--name', 'steps'],
    code: 'no_backend',
    at: 'docker',
    cause: /certificate is valid for 127\.0\.0\.1 and ::1 only/,
    remedy: /another backend/,
    options: {
      input: JSON.stringify({
        max_duration: 60,
        cpu: 1,
        memory: 6,
        storage: 1,
        version: '0.11.0',
        access: { bind: '0.0.0.0' },
        mode: null,
      }),
    },
  },
  'limits that must be enforced and are not': {
    ...apply,
    args: ['apply', 'SPEC', '--auto-approve', '--strict'],
    code: 'not_enforced',
    spec: specs.process(),
    at: 'process',
    cause: /cpu is not enforced[\s\S]*storage is not enforced/,
    remedy: /omit --strict/,
  },
  'nobody to approve': {
    args: ['apply', 'SPEC'],
    code: 'not_approved',
    spec: specs.process(),
    cause: /no terminal/,
    remedy: /--auto-approve, or apply a saved plan/,
  },
  'a process directory that others can read': {
    ...refused,
    spec: specs.process(),
    at: 'docker',
    cause: /can be read or written by others: run chmod 700/,
    before: ({ one }) => chmod(one.machine.processDir, 0o755),
  },
  'a process directory that is a link': {
    ...refused,
    spec: specs.process(),
    at: 'docker',
    cause: /is a symbolic link/,
    async before({ one }) {
      await rm(one.machine.processDir, { recursive: true });
      await symlink(one.folder, one.machine.processDir);
      return () => rm(one.machine.processDir);
    },
  },
};

import { systemClock } from '../../src/clock.js';
import { acquireLock } from '../../src/state/lock.js';
import { StateLayout } from '../../src/state/layout.js';
import type { Scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import type { BadInput, Stage } from './bad-input.js';

const nobody = {
  code: 'worker_unknown',
  at: 'nobody',
  cause: /no worker named \S+ is running, or ended in the last 7 days/,
  remedy: /mayfly list/,
} as const;
const living = {
  spec: specs.process(),
  lives: true,
  before: async ({ one }: Stage) => void (await one.must(['apply', 'SPEC', '--auto-approve'])),
} as const;

/** Another command at work on the worker: this process, which lives. */
const locked = {
  spec: specs.process(),
  code: 'state_locked',
  at: /locks\/process-NAME\.json$/,
  before: ({ one }: Stage) => lock(one),
} as const;

async function lock(one: Scene): Promise<() => Promise<void>> {
  const path = new StateLayout(one.machine.stateDir, systemClock).lock('process', one.name);
  const held = await acquireLock(path, { operation: 'apply', timeout: 0, clock: systemClock });
  return () => held.release();
}

/** Workers that are not there, not free, or not to be had that way. */
export const badWorkers: Record<string, BadInput> = {
  'destroy a worker that nobody knows': { ...nobody, args: ['destroy', 'nobody', '--auto-approve'] },
  'output of a worker that nobody knows': { ...nobody, args: ['output', 'nobody'] },
  'show a worker that nobody knows': { ...nobody, args: ['show', 'nobody'] },
  'logs of a worker that nobody knows': { ...nobody, args: ['logs', 'nobody'], human: true },
  'exec in a worker that nobody knows': { ...nobody, args: ['exec', 'nobody', '--', 'true'], human: true },
  'extend a worker that nobody knows': { ...nobody, args: ['extend', 'nobody', '5m'] },
  'wait for a worker that nobody knows': { ...nobody, args: ['wait', 'nobody'] },
  'wait for nobody to get ready': { ...nobody, args: ['wait', 'nobody', '--for', 'ready'] },
  'wait longer than allowed': {
    ...living,
    args: ['wait', 'NAME', '--timeout', '100ms'],
    code: 'timed_out',
    at: 'NAME',
    cause: /not ended after 0\.1 s/,
    remedy: /mayfly show .*--timeout/,
  },
  'wait for one that has ended to get ready': {
    args: ['wait', 'NAME', '--for', 'ready'],
    spec: specs.process(),
    code: 'worker_ended',
    at: 'NAME',
    cause: /the worker ended at .*: destroyed/,
    remedy: /mayfly show/,
    async before({ one }) {
      await one.must(['apply', 'SPEC', '--auto-approve']);
      await one.must(['destroy', 'NAME', '--auto-approve']);
    },
  },
  'a worker that has ended': {
    args: ['extend', 'NAME', '5m'],
    spec: specs.process(),
    code: 'worker_ended',
    at: 'NAME',
    cause: /the worker ended at .*: destroyed/,
    remedy: /mayfly show/,
    async before({ one }) {
      await one.must(['apply', 'SPEC', '--auto-approve']);
      await one.must(['destroy', 'NAME', '--auto-approve']);
    },
  },
  'exec in a container that is not there': {
    ...living,
    args: ['exec', 'NAME', 'box', '--', 'true'],
    code: 'container_unknown',
    cause: /no container "?box/,
    remedy: /engine/,
    human: true,
  },
  'logs of a container that is not there': {
    ...living,
    args: ['logs', 'NAME', 'box'],
    code: 'container_unknown',
    cause: /no container "?box/,
    remedy: /engine/,
    human: true,
  },
  'run in a container that is not there': {
    args: ['run', 'SPEC', '--name', 'NAME', '--in', 'box', '--', 'true'],
    spec: specs.process(),
    code: 'container_unknown',
    at: 'NAME',
    cause: /no container "box"/,
    remedy: /engine/,
    human: true,
  },
  'run with a worker that lives': {
    ...living,
    args: ['run', 'SPEC', '--name', 'NAME', '--', 'true'],
    code: 'worker_exists',
    at: 'NAME',
    cause: /a worker of this name is running/,
    remedy: /mayfly exec/,
    human: true,
  },
  'an output that is not there': {
    ...living,
    args: ['output', 'NAME', 'price'],
    code: 'usage',
    at: 'NAME',
    cause: /no output price/,
    remedy: /access/,
  },
  'extend beyond the cap': {
    ...living,
    args: ['extend', 'NAME', '1h'],
    env: { MAYFLY_MAX_LIFETIME: '1200' },
    code: 'lease_refused',
    at: 'NAME',
    cause: /longer than 1200 s/,
    remedy: /by \d+ s at most/,
  },
  'extend into the past': {
    ...living,
    args: ['extend', 'NAME', '-10m'],
    code: 'lease_refused',
    at: 'NAME',
    cause: /in the past/,
    remedy: /mayfly destroy/,
  },
  'a spec whose worker would have ended': {
    ...living,
    args: ['plan', 'SPEC'],
    code: 'lease_refused',
    at: 'max_duration',
    cause: /would have ended at/,
    remedy: /mayfly destroy/,
    async before({ one }) {
      await one.must(['apply', 'SPEC', '--auto-approve']);
      await one.must(['extend', 'NAME', '-200']);
      await one.write(specs.process({ max_duration: 1 }));
    },
  },
  'destroy with nobody to approve': {
    ...living,
    args: ['destroy', 'NAME'],
    code: 'not_approved',
    cause: /no terminal/,
    remedy: /^give --auto-approve$/,
  },
  'apply while another does': {
    ...locked,
    args: ['apply', 'SPEC', '--auto-approve'],
    cause: /locked by .*pid \d+.*apply since/,
    remedy: /--lock-timeout/,
  },
  'apply while another does, after waiting': {
    ...locked,
    args: ['apply', 'SPEC', '--auto-approve', '--lock-timeout', '0.3'],
    cause: /locked by/,
    remedy: /mayfly unlock/,
  },
  'unlock while its holder lives': { ...locked, args: ['unlock', 'NAME'], cause: /may be alive/, remedy: /--force/ },
};

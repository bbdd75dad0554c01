import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { containerStates } from '../../src/backends/ports/containers.js';
import { type Moto, motoAvailable, startMoto, type TaskState } from '../support/moto/index.js';
import { make, openCall, specOf } from './make.js';

const waitsFor = (...all: string[]) => {
  const waiting = all.map((one) => ({ container: one.slice(0, one.indexOf(':')), for: one.slice(one.indexOf(':') + 2) }));
  return { ready: false, waiting, failed: null };
};
const failsWith = (reason: string, container = 'engine') => ({
  ready: false,
  waiting: [],
  failed: { container, reason, remedy: expect.stringMatching(/\S/) as string },
});
const noCapacity = 'was unable to place a task. Reason: Capacity is unavailable at this time';

/** By what the service and its task say. */
const rows: Record<string, { state: TaskState; is: object }> = {
  'a task that gets its address': { state: { status: 'PROVISIONING' }, is: waitsFor('engine: network interface') },
  'a task that is placed': { state: { status: 'PENDING' }, is: waitsFor('engine: image pull') },
  'a task that starts': { state: { status: 'ACTIVATING' }, is: waitsFor('engine: start') },
  'checks that have not passed': {
    state: { status: 'RUNNING', health: 'UNKNOWN' },
    is: waitsFor('engine: healthcheck', 'db: healthcheck'),
  },
  'a check that has used up its retries': {
    state: { status: 'RUNNING', health: 'UNHEALTHY' },
    is: failsWith('is unhealthy: its healthcheck failed 3 times in a row; ECS keeps no output of it', 'db'),
  },
  'all healthy': { state: { status: 'RUNNING', health: 'HEALTHY' }, is: { ready: true, waiting: [], failed: null } },
  'a service that ended': {
    state: { status: 'RUNNING', health: 'HEALTHY', ended: { db: 3 } },
    is: failsWith('ended with exit code 3', 'db'),
  },
  'a service that ended with 0': {
    state: { status: 'RUNNING', health: 'HEALTHY', ended: { db: 0 } },
    is: failsWith('ended with exit code 0', 'db'),
  },
  'no task yet': { state: { status: 'NONE' }, is: waitsFor('engine: a place on Fargate') },
  'no task yet, and nothing wrong': {
    state: { status: 'NONE', events: ['(service mayfly-one) has started 1 tasks: (task 0123).'] },
    is: waitsFor('engine: a place on Fargate'),
  },
  'no capacity': { state: { status: 'NONE', events: [`(service mayfly-one) ${noCapacity}.`] }, is: waitsFor(`engine: ${noCapacity}`) },
  'the last trouble of two': {
    state: {
      status: 'NONE',
      events: [
        '(service mayfly-one) failed to launch a task with (error ECS was unable to assume the role).',
        `(service mayfly-one) ${noCapacity}.`,
      ],
    },
    is: waitsFor(`engine: ${noCapacity}`),
  },
  'given up for want of capacity': {
    state: { status: 'NONE', rollout: 'FAILED', events: [`(service mayfly-one) ${noCapacity}.`] },
    is: failsWith(`did not start: ${noCapacity}`),
  },
  'given up, which ECS says after what it gave up for': {
    state: {
      status: 'NONE',
      rollout: 'FAILED',
      events: [
        `(service mayfly-one) ${noCapacity}.`,
        '(service mayfly-one) (deployment ecs-svc/0123456789012345678) deployment failed: tasks failed to start.',
      ],
    },
    is: failsWith(`did not start: ${noCapacity}`),
  },
  'given up without a word': {
    state: { status: 'NONE', rollout: 'FAILED' },
    is: failsWith('did not start: AWS has given up, and gives no reason'),
  },
  'an image that is not there': {
    state: {
      status: 'STOPPED',
      stop_code: 'TaskFailedToStart',
      reason: 'CannotPullContainerError: pull image manifest has been retried',
    },
    is: failsWith('did not start: CannotPullContainerError: pull image manifest has been retried'),
  },
  'a start that failed once for what passes': {
    state: { status: 'STOPPED', stop_code: 'TaskFailedToStart', reason: 'ResourceInitializationError: unable to pull secrets' },
    is: waitsFor('engine: a place on Fargate'),
  },
  'an engine that ended': {
    state: { status: 'STOPPED', stop_code: 'EssentialContainerExited', exit_code: 3, reason: 'Essential container in task exited' },
    is: failsWith('ended with exit code 3'),
  },
};

describe.skipIf(!motoAvailable())('readiness', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(() => moto.reset());
  afterAll(() => moto?.close());

  test.each(Object.entries(rows))('%s', async (_name, { state, is }) => {
    await moto.setTask(state);
    const { backend } = await make(await openCall(moto.env), specOf('one'));
    expect(await backend.readiness('one', specOf('one'))).toEqual(is);
  });

  test('one that is meant to end is waited for, done with 0 and a failure otherwise; the list says so', async () => {
    const job = { name: 'job', image: 'alpine:3.20', cpu: 100, memory: 64, storage: 0, once: true };
    const spec = specOf('one', { service_containers: [job] });
    const { backend } = await make(await openCall(moto.env), spec);
    const look = async () => {
      const containers = containerStates(await backend.list('one'), []);
      const { ready, waiting, failed } = await backend.readiness('one', spec);
      return { job: containers.find(({ container }) => container === 'job')!.status, ready, waiting, failed: failed?.reason };
    };
    const done = { status: 'RUNNING', health: 'HEALTHY' } as const;
    expect(await look()).toMatchObject({ job: 'running', ready: false, waiting: [{ container: 'job', for: 'its end' }] });
    await moto.setTask({ ...done, ended: { job: 0 } }, 'mayfly-one');
    expect(await look()).toEqual({ job: 'done', ready: true, waiting: [], failed: undefined });
    await moto.setTask({ ...done, ended: { job: 4 } }, 'mayfly-one');
    expect(await look()).toMatchObject({ job: 'exited', ready: false, failed: 'ended with exit code 4' });
  });

  test('an engine without a port that ended with 0 is done, with any other code it has failed', async () => {
    const spec = specOf('one', { engine: { image: 'alpine:3.20', command: ['batch'] }, service_containers: [], access: {} });
    for (const exit_code of [0, 1]) {
      await moto.reset();
      await moto.setTask({
        status: 'STOPPED',
        stop_code: 'EssentialContainerExited',
        exit_code,
        reason: 'Essential container in task exited',
      });
      const { backend } = await make(await openCall(moto.env), spec);
      expect((await backend.readiness('one', spec)).ready).toBe(exit_code === 0);
    }
  });
});

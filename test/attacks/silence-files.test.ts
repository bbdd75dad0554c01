import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { sweep } from '../../src/lease/sweep.js';
import { hasChanges } from '../../src/plan/plan.js';
import { readLock } from '../../src/state/lock.js';
import { type Applied, applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { extendWorker } from '../../src/worker/extend.js';
import type { Call } from '../../src/worker/call.js';
import { planWorker } from '../../src/worker/plan.js';
import { api, images } from '../support/docker.js';
import { fakeCall, type FakeCall } from '../support/fake-call.js';
import { attacks } from './attacks.js';

const approval = 'approval without the lock';
const unlocked = 'ends without a lock';
const holder = 'a holder that lost its lock';

const strict = { strict: false };
const apply = (call: FakeCall) => applyWorker(call, call.spec, strict);
const lockOf = ({ layout, spec }: FakeCall) => layout.lock('docker', spec.name);
const left = ({ fake }: FakeCall) => [...fake.state.containers.values()].length + fake.state.volumes.size;
const gc = async ({ openNode, layout, clock }: Call) =>
  sweep({ backend: await openNode('docker'), layout, clock, dryRun: false, lockTimeout: 0 });

/** Two state directories on one daemon, with a spec of the same name; `more` is the first one's alone. */
async function twoMachines(more: Record<string, unknown> = {}): Promise<[FakeCall, FakeCall]> {
  const one = await fakeCall({ spec: more });
  return [one, await fakeCall({ fake: one.fake, name: one.spec.name })];
}

/** A container of the worker that somebody else makes. */
async function strange({ fake, spec }: FakeCall): Promise<void> {
  const labels = { 'dev.mayfly.worker': spec.name, 'dev.mayfly.address': 'docker_container.late', 'dev.mayfly.lifetime': '360' };
  const reply = await api(
    'POST',
    `/containers/create?name=mayfly-${spec.name}.late`,
    { Image: spec.engine!.image, Labels: labels },
    fake.socketPath,
  );
  expect(reply.status).toBe(201);
}

attacks('silence', {
  'an open prompt and the end': {
    mechanism: approval,
    does: 'the worker’s time is up while its owner is asked about a change',
    right: 'it is ended meanwhile, and the late "yes" is refused: plan_stale',
    async check() {
      const call = await fakeCall();
      await apply(call);
      const approve = async () => {
        expect(readLock(lockOf(call))).toBeNull();
        const { workers } = await gc(call.later(301));
        expect(workers).toMatchObject([{ reason: 'expired', error: null }]);
        return true;
      };
      await expect(applyWorker(call, { ...call.spec, memory: 64 }, { ...strict, approve })).rejects.toMatchObject({ code: 'plan_stale' });
      expect(left(call)).toBe(0);
    },
  },
  'an open prompt and another apply': {
    mechanism: approval,
    does: 'another apply makes the worker while the first is asked',
    right: 'the first is refused, and the second’s worker stays as it is',
    async check() {
      const call = await fakeCall();
      const approve = async () => (await apply(call)).done;
      await expect(applyWorker(call, call.spec, { ...strict, approve })).rejects.toMatchObject({ code: 'plan_stale' });
      expect(call.fake.state.containers.size).toBe(2);
    },
  },
  'an approved plan that is still right': {
    mechanism: approval,
    does: 'yes, after what was left of an expired life was shown as going first',
    right: 'the remains go, and the approved plan is carried out on the approved backend',
    async check() {
      const call = await fakeCall();
      await apply(call);
      const later = call.later(301);
      const { done, ends } = await applyWorker(later, call.spec, { ...strict, approve: () => Promise.resolve(true) });
      expect([done, call.fake.state.containers.size]).toEqual([true, 2]);
      expect(ends! - later.clock.now()).toBeGreaterThan(290_000);
    },
  },
  'a destroy prompt and a later container': {
    mechanism: approval,
    does: 'a container of the worker is made after its owner was shown what goes',
    right: 'nothing is removed: it has to be shown first',
    async check() {
      const call = await fakeCall();
      await apply(call);
      const approve = async () => {
        await strange(call);
        return true;
      };
      await expect(destroyWorker(call, call.spec.name, { approve })).rejects.toMatchObject({ code: 'plan_stale' });
      expect(call.fake.state.containers.size).toBe(3);
      expect(await destroyWorker(call, call.spec.name, {})).toMatchObject({ done: true });
      expect(left(call)).toBe(0);
    },
  },
  'no place for locks, gc': {
    mechanism: unlocked,
    does: 'the directory of locks cannot be written, and a worker has expired',
    right: 'gc ends it, and says that it had no lock',
    async check() {
      const call = await fakeCall();
      await apply(call);
      await block(call);
      const { workers } = await gc(call.later(301));
      expect(workers).toMatchObject([{ reason: 'expired', error: null, warnings: [expect.stringContaining('without its lock')] }]);
      expect(left(call)).toBe(0);
    },
  },
  'no place for locks, a living worker': {
    mechanism: unlocked,
    does: 'the same, its engine has ended before its time',
    right: 'gc leaves it until its time is up, and says why; destroy by name ends it',
    async check() {
      const call = await fakeCall();
      await apply(call);
      await block(call);
      call.fake.exit(`mayfly-${call.spec.name}.engine`, 0);
      const { workers } = await gc(call);
      expect(workers).toMatchObject([{ reason: 'engine_ended', error: { code: 'state_unreadable' } }]);
      expect(call.fake.state.containers.size).toBe(2);
      expect(await destroyWorker(call, call.spec.name, {})).toMatchObject({ done: true });
      expect(left(call)).toBe(0);
    },
  },
  'no place for locks, apply': {
    mechanism: unlocked,
    does: 'the same, for an apply',
    right: 'one clear sentence before anything is made',
    async check() {
      const call = await fakeCall();
      await block(call);
      await expect(apply(call)).rejects.toMatchObject({
        code: 'state_unreadable',
        place: { file: lockOf(call) },
        remedy: expect.stringContaining('MAYFLY_STATE_DIR') as string,
      });
      expect(left(call)).toBe(0);
    },
  },
  'no lock and another life': {
    mechanism: unlocked,
    does: 'a volume is removed and made anew, under the same name, between the look and its removal',
    right: 'the new one stays',
    async check() {
      const call = await fakeCall({ spec: { volumes: [{ name: 'work', storage: 50 }] } });
      await apply(call);
      await block(call);
      const volume = [...call.fake.state.volumes.values()].find(({ Name }) => Name.endsWith('.work'))!;
      const backend = await call.openNode('docker');
      const remove: typeof backend.remove = (removal, signal) => {
        volume.created += 5000;
        return backend.remove(removal, signal);
      };
      const meddling = { ...backend, remove };
      const { layout, clock } = call.later(301);
      const { workers } = await sweep({ backend: meddling, layout, clock, dryRun: false, lockTimeout: 0 });
      expect(workers).toMatchObject([{ error: null }]);
      expect(call.fake.state.containers.size).toBe(0);
      expect([...call.fake.state.volumes.keys()]).toEqual([volume.Name]);
    },
  },
  'a lock that is a directory': {
    mechanism: unlocked,
    does: 'something that cannot be read stands where the lock would be',
    right: 'destroy ends the worker all the same',
    async check() {
      const call = await fakeCall();
      await apply(call);
      await mkdir(lockOf(call), { recursive: true });
      expect(await destroyWorker(call, call.spec.name, {})).toMatchObject({ done: true });
      expect(left(call)).toBe(0);
    },
  },
  'a lock that was broken': {
    mechanism: holder,
    does: 'another command takes the lock while an apply is at work',
    right: 'the apply makes no further call, and says that it lost the lock',
    async check() {
      const call = await fakeCall();
      let calls = 0;
      const takeOver = async () => {
        const owner = JSON.parse(readFileSync(lockOf(call), 'utf8')) as object;
        await writeFile(lockOf(call), JSON.stringify({ ...owner, id: 'another' }));
        calls = call.fake.calls.length;
      };
      const prepare = async () => {
        await (await call.openNode('docker')).prepare();
        await takeOver();
      };
      const backend = { ...(await call.openNode('docker')), prepare };
      const failed = applyWorker({ ...call, openNode: () => Promise.resolve(backend) }, call.spec, strict);
      await expect(failed).rejects.toMatchObject({ code: 'state_locked', message: expect.stringContaining('lost the lock') as string });
      expect(call.fake.calls.slice(calls).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
      expect(readLock(lockOf(call))?.id).toBe('another');
    },
  },
  'two state directories, one name': {
    mechanism: 'what is there is read back',
    does: 'a second machine applies the name while the first is about to create',
    right: 'both print the keys of the engine that is there',
    async check() {
      const [one, two] = await twoMachines();
      const backend = await one.openNode('docker');
      let second: Applied | undefined;
      const prepare = async () => {
        await backend.prepare();
        second = await apply(two);
      };
      const first = await applyWorker({ ...one, openNode: () => Promise.resolve({ ...backend, prepare }) }, one.spec, strict);
      const keys = await backend.recoverVariables(one.spec.name);
      const printed = [first, second!].map(({ outputs }) => outputs['access']?.value);
      const real = { remote_key: keys!['remote_key'], self_key: keys!['self_key'] };
      expect(printed).toMatchObject([real, real]);
      expect(hasChanges((await planWorker(one, one.spec, strict)).plan)).toBe(false);
    },
  },
  'two state directories, one fails': {
    mechanism: 'what is there is read back',
    does: 'the same, and the first fails with a container that only it has',
    right: 'it removes what it made, and the second’s worker stays whole',
    async check() {
      const [one, two] = await twoMachines({
        service_containers: [{ name: 'db', image: images.busybox, cpu: 50, memory: 16, storage: 100 }],
      });
      const backend = await one.openNode('docker');
      const prepare = async () => {
        await backend.prepare();
        await apply(two);
      };
      one.fake.faults.fail(({ query }) => query.get('name')?.endsWith('.db') === true);
      const failing = applyWorker({ ...one, openNode: () => Promise.resolve({ ...backend, prepare }) }, one.spec, strict);
      await expect(failing).rejects.toMatchObject({ name: 'MayflyError' });
      expect(one.fake.state.containers.size).toBe(2);
    },
  },
  'extend at the end': {
    mechanism: 'an extend before the end, by the backend’s clock',
    does: 'extend while another keeper’s TERM grace runs',
    right: 'refused: its time is up',
    async check() {
      const call = await fakeCall();
      const { ends } = await apply(call);
      expect(await extendWorker(call, call.spec.name, 60)).toMatchObject({ from: ends });
      await expect(extendWorker(call.later(361), call.spec.name, 60)).rejects.toMatchObject({
        code: 'lease_refused',
        message: expect.stringContaining('the worker has expired') as string,
      });
    },
  },
});

/** Nothing can be written where the locks are. */
async function block(call: FakeCall): Promise<void> {
  const locks = dirname(lockOf(call));
  await rm(locks, { recursive: true, force: true });
  await mkdir(dirname(locks), { recursive: true });
  await writeFile(locks, '');
}

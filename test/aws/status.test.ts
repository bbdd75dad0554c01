import { sessionsOf } from '../../src/worker/sessions.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Aws } from '../../src/backends/aws/clients.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import { dueReason } from '../../src/lease/deadline.js';
import { sweep } from '../../src/lease/sweep.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import type { Call } from '../../src/worker/call.js';
import { collector, eventually } from '../contract/backend.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { callsTo } from './lookalikes.js';
import { make, openCall, specOf } from './make.js';
import { runningTask, say } from './say.js';

const service = 'mayfly-one';

describe.skipIf(!motoAvailable())('how a worker does', () => {
  let moto: Moto;
  let aws: Aws;
  let call: Call;
  let backend: Backend;
  const never = new AbortController().signal;
  beforeAll(async () => {
    moto = await startMoto();
    aws = callsTo(moto.env);
  });
  beforeEach(async () => {
    await moto.reset();
    call = await openCall(moto.env);
    backend = await call.openNode('aws');
  });
  afterAll(() => moto?.close());

  test('an engine that ended ends its worker though its service starts it anew, and its exit code and last words are kept', async () => {
    await make(call, specOf('one'));
    await say(moto, 'engine', ['first', 'last']);
    const first = await runningTask(moto);
    expect(dueReason(await backend.list('one'), Date.now())).toBeNull();
    await moto.setTask({ status: 'STOPPED', stop_code: 'EssentialContainerExited', exit_code: 3 }, service);
    // Its service starts another, which does not make the worker live.
    expect(await runningTask(moto)).not.toBe(first);
    const objects = await backend.list('one');
    expect(objects.find(({ type }) => type === 'aws_ecs_service')).toMatchObject({ status: 'exited', exitCode: 3 });
    expect(dueReason(objects, Date.now())).toBe('engine_ended');
    const [engine] = await backend.report('one', objects);
    expect(engine).toEqual({ container: 'engine', status: 'exited', exitCode: 3, outOfMemory: false, lastLines: ['first', 'last'] });
    const { workers } = await sweep({ backend, layout: call.layout, clock: call.clock, dryRun: false, lockTimeout: 0 });
    expect(workers).toMatchObject([{ worker: 'one', reason: 'engine_ended', error: null }]);
    expect(await backend.list()).toEqual([]);
  });

  test('the last words are those of the task that ended, though the next one has spoken', async () => {
    await make(call, specOf('one'));
    await say(moto, 'engine', ['last words']);
    await moto.setTask({ status: 'STOPPED', stop_code: 'EssentialContainerExited', exit_code: 3 }, service);
    await say(moto, 'engine', ['started anew']);
    const [engine] = await backend.report('one', await backend.list('one'));
    expect(engine).toMatchObject({ status: 'exited', exitCode: 3, lastLines: ['last words'] });
  });

  test('logs: all, the last, and what comes; a container that is not there', async () => {
    await make(call, specOf('one'));
    await say(
      moto,
      'engine',
      Array.from({ length: 30 }, (_, index) => `line ${index + 1}`),
    );
    const read = async (tail: number | null, container = 'engine') => {
      const out = collector();
      await backend.logs('one', container, { follow: false, tail, since: null }, { stdout: out.stream, stderr: out.stream }, never);
      return out.text();
    };
    expect((await read(null)).trim().split('\n')).toHaveLength(30);
    expect(await read(2)).toBe('line 29\nline 30\n');
    await expect(read(null, 'nobody')).rejects.toMatchObject({ code: 'container_unknown' });
    const [out, stop] = [collector(), new AbortController()];
    const options = { follow: true, tail: 1, since: null };
    const following = backend.logs('one', 'engine', options, { stdout: out.stream, stderr: out.stream }, stop.signal);
    await eventually('the last line', () => out.text().includes('line 30'));
    await say(moto, 'engine', ['line 31'], { again: true });
    await eventually('the next line', () => out.text().includes('line 31'));
    stop.abort();
    await following;
    expect(out.text()).toBe('line 30\nline 31\n');
  });

  test('exec and cp are refused, with what to do instead', () => {
    expect(() => sessionsOf(backend)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining('ECS Exec is interactive only') as string,
        remedy: expect.stringContaining('the engine') as string,
      }) as Error,
    );
  });

  test('the secrets are in the secret, and in no file and no plan', async () => {
    const { plan } = await make(call, specOf('one'));
    const { SecretString } = await aws.secrets.getSecretValue({ SecretId: 'mayfly/one' });
    expect(JSON.parse(SecretString!)).toMatchObject({ engine__TOKEN: 'from the environment', remote_key: expect.any(String) as string });
    const state = await call.layout.worker('aws', 'one').readState();
    const variables = await call.layout.worker('aws', 'one').readVariables();
    for (const written of [JSON.stringify([...state.records]), JSON.stringify(plan.changes), JSON.stringify(variables)]) {
      expect(written).not.toMatch(/from the environment|pull password/);
    }
  });

  test('a changed secret is written anew, and its task replaced; the rest stays', async () => {
    await make(call, specOf('one'));
    const spec = specOf('one');
    const { plan } = await make(call, { ...spec, engine: { ...spec.engine!, env: { ...spec.engine!.env, TOKEN: 'env-secret-90c2' } } });
    const changed = plan.changes.filter(({ action }) => action !== 'none').map(({ address, action }) => `${action} ${address}`);
    expect(changed.sort()).toEqual([
      'replace aws_ecs_task_definition.task',
      'replace aws_secretsmanager_secret_version.pull_db',
      'replace aws_secretsmanager_secret_version.secrets',
      'update aws_ecs_service.engine',
    ]);
    expect((await aws.secrets.getSecretValue({ SecretId: 'mayfly/one' })).SecretString).toContain('env-secret-90c2');
    expect(JSON.stringify([plan.changes, plan.drift])).not.toMatch(/env-secret-90c2|from the environment|pull password/);
    await destroyWorker(call, 'one', { backend: 'aws' });
    expect(await backend.list()).toEqual([]);
  });
});

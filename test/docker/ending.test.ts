import { describe, expect, test } from 'vitest';
import { api, dockerAvailable, images, must } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { until } from '../support/poll.js';
import { afterTest } from '../support/temp-dir.js';
import { container, jsonLines, leftOf, small, wait, type Worker, worker } from './support.js';

interface Shown {
  worker: unknown;
  history: {
    reason: string;
    containers: { container: string; exitCode: number | null; outOfMemory: boolean; lastLines: string[] }[];
  }[];
}

/** What `show` tells once the worker is gone. */
function ended(one: Worker, env: Record<string, string> = {}): Promise<Shown> {
  return until(
    'the worker has ended',
    async () => {
      const { code, stdout } = await one.cli(['show', 'NAME', '--json'], { env });
      const [shown] = jsonLines(stdout) as unknown as Shown[];
      return code === 0 && shown?.worker === null && shown;
    },
    { withinMs: 40_000, everyMs: 200 },
  );
}

const gone = (one: Worker) =>
  until('nothing is left', async () => (await leftOf(one.name)).length === 0, { withinMs: 40_000, everyMs: 100 });

/** Any keeper of the daemon may be the one that ends these, so that the reason is asked for below, where there is one keeper only. */
describe.skipIf(!dockerAvailable())('a worker ends, on real Docker', () => {
  test('when its time is up', async () => {
    const one = await worker({ ...small, max_duration: 2, containers: [container('build', { command: wait() })] });
    await one.apply();
    await gone(one);
  });

  test('when its engine ends', async () => {
    const one = await worker(small);
    await one.apply();
    await api('POST', `/containers/mayfly-${one.name}.engine/kill`);
    await gone(one);
  });

  test('when it is made after its latest end: an object of a creator that stood still meanwhile', async () => {
    // Its keeper watches the daemon.
    const other = await worker(small);
    await other.apply();
    const late = `${other.name}-late`.slice(-31).replace(/^[^a-z]+/, '');
    const Labels = {
      ...{ 'dev.mayfly.worker': late, 'dev.mayfly.address': 'docker_container.engine', 'dev.mayfly.lifetime': '600' },
      'dev.mayfly.until': String(Math.floor(Date.now() / 1000) - 60),
    };
    const body = { Image: images.busybox, Cmd: wait(), Labels };
    const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=mayfly-${late}.engine`, body);
    afterTest(() => api('DELETE', `/containers/${Id}?force=true`));
    // The keeper may have removed it already.
    await api('POST', `/containers/${Id}/start`);
    await until('it is gone', async () => (await leftOf(late)).length === 0, { withinMs: 20_000, everyMs: 100 });
    expect(await leftOf(other.name)).not.toEqual([]);
  });
});

describe('why a worker ended is kept for show', () => {
  const spec = { ...small, containers: [container('build', { command: wait() })] };
  const logs = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const onFake = async (more: object) => {
    const fake = await startFakeDocker({ images: [images.busybox], behave: ({ name }) => (name.endsWith('.engine') ? { logs } : {}) });
    const one = await worker({ ...spec, ...more });
    const env = { DOCKER_HOST: fake.host };
    const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve'], { env });
    expect(code, stderr).toBe(0);
    return { fake, one, env };
  };

  test('its time was up', async () => {
    const { fake, one, env } = await onFake({ max_duration: 2 });
    const { history } = await ended(one, env);
    expect(history).toMatchObject([{ reason: 'expired' }]);
    expect(history[0]?.containers.map(({ container }) => container).sort()).toEqual(['build', 'engine']);
    expect([fake.state.containers.size, fake.state.volumes.size]).toEqual([0, 0]);
  });

  test('its engine ended, with its exit code and last lines', async () => {
    const { fake, one, env } = await onFake({});
    fake.exit(`mayfly-${one.name}.engine`, 3);
    const { history } = await ended(one, env);
    expect(history).toHaveLength(1);
    expect(history[0]?.reason).toBe('engine_ended');
    const engine = history[0]?.containers.find(({ container }) => container === 'engine');
    expect(engine).toMatchObject({ exitCode: 3, outOfMemory: false, lastLines: logs.slice(-20) });
    const { stdout } = await one.cli(['show', 'NAME'], { env });
    expect(stdout).toMatch(/engine ended/);
    expect(stdout).toContain('line 29');
  });

  test('it was destroyed', async () => {
    const { one, env } = await onFake({});
    await one.cli(['destroy', 'NAME', '--auto-approve'], { env });
    expect(await ended(one, env)).toMatchObject({ history: [{ reason: 'destroyed' }] });
  });

  test('an engine that ends at once is told with its last lines, and everything is cleaned', async () => {
    const fake = await startFakeDocker({ images: [images.busybox], behave: () => ({ logs: ['cannot go on'], exitCode: 9 }) });
    const one = await worker(small);
    const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve'], { env: { DOCKER_HOST: fake.host } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/engine ended with exit code 9/);
    expect(stderr).toContain('cannot go on');
    expect([fake.state.containers.size, fake.state.volumes.size]).toEqual([0, 0]);
    expect(await ended(one, { DOCKER_HOST: fake.host })).toMatchObject({ history: [{ reason: 'not_ready' }] });
  });
});

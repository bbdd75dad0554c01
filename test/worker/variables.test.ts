import { describe, expect, test } from 'vitest';
import { lasting, type Stack, type Variables } from '../../src/plan/stack.js';
import { systemClock } from '../../src/clock.js';
import { ownVariables } from '../../src/backends/aws/own-variables.js';
import { variablesOf } from '../../src/worker/variables.js';
import type { Offer } from '../../src/spec/offer.js';
import { parseSpec } from '../../src/spec/parse.js';
import { base, box, stackOf } from '../stacks/support.js';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const env = { TOKEN: 'hush', REGISTRY: '{"username":"u","password":"p"}' };

function specOf(more: Record<string, unknown> = {}, given: Record<string, string> = env) {
  return parseSpec(JSON.stringify({ ...base, ...more }), { file: 'w.json', defaultName: 'w', env: given, directory: '/' }).spec;
}

const offer = { facts: { kind: 'aws', addresses: [], owner: 'arn:aws:iam::1:user/me,x' } } as unknown as Offer;

/** As of `synth`: terraform may make the worker at any time. */
const unborn = { until: '', asks: '', dispatcher: '', spec_name: 'w' };

function draw(
  spec = specOf(),
  kept: Variables = {},
  living = false,
  stack: Stack = stackOf(base, 'aws'),
  ends: number | null = null,
  birth = unborn,
) {
  let drawn = 0;
  const registries = { env: process.env, clock: systemClock };
  const newId = () => `id-${(drawn += 1)}`;
  return variablesOf(
    stack,
    { ownVariables },
    {
      spec,
      kept,
      living,
      ends,
      offer,
      now,
      registries,
      newId,
      origin: 'here:/w.yaml',
      runner: '',
      birth,
    },
  );
}

test('what is random is drawn, what is timed is from now', async () => {
  expect(await draw()).toMatchObject({
    remote_key: 'id-1',
    self_key: 'id-2',
    ends_at: '2026-01-02T03:24:05',
    ends_again_at: '2026-01-02T03:34:05',
    address: '',
    owner: 'arn:aws:iam::1:user/me x',
    secret_env: JSON.stringify({ remote_key: 'id-1', self_key: 'id-2' }),
  });
});

test('on AWS the schedules end a worker at its latest end, and no tag is empty', async () => {
  const until = String(Date.UTC(2026, 5, 1, 12) / 1000);
  const birth = { until, asks: 'cpu=1 memory=1 storage=0', dispatcher: 'inst-0001', spec_name: 'ci' };
  expect(await draw(specOf(), {}, false, stackOf(base, 'aws'), null, birth)).toMatchObject({
    ...birth,
    ends_at: '2026-06-01T12:00:00',
    ends_again_at: '2026-06-01T12:10:00',
  });
  expect(await draw()).toMatchObject({ until: 'none', dispatcher: 'none', spec_name: 'w' });
});

describe('what was kept', () => {
  const kept = { remote_key: 'r', self_key: 's', run_id: 'i', group_id: 'g', ends_at: 'then', ends_again_at: 'later', address: '10.0.0.1' };

  test('stays with a worker that lives', async () => {
    expect(await draw(specOf(), kept, true)).toMatchObject(kept);
  });

  test('gives way to its lease: a schedule that is made again is set to it', async () => {
    const lease = Date.UTC(2026, 5, 1, 12);
    expect(await draw(specOf(), kept, true, stackOf(base, 'aws'), lease)).toMatchObject({
      ends_at: '2026-06-01T12:00:00',
      ends_again_at: '2026-06-01T12:10:00',
    });
  });

  test('is no end of one that is made anew', async () => {
    expect(await draw(specOf(), kept)).toMatchObject({ remote_key: 'r', ends_at: '2026-01-02T03:24:05', address: '' });
  });

  test('gives way to what the spec says', async () => {
    expect(await draw(specOf({ group_id: 'mine' }), kept, true)).toMatchObject({ group_id: 'mine', run_id: 'i' });
  });
});

describe('secrets', () => {
  const more = {
    engine: { image: 'a', env: { TOKEN: '${env:TOKEN}', PLAIN: 'x' } },
    containers: [box('c', { env: { KEY: 'k-${env:TOKEN}' }, pull_secret: 'env:REGISTRY' })],
  };
  const stack = stackOf({ ...base, containers: [box('c', { pull_secret: 'env:REGISTRY' })] }, 'aws');

  test('are the keys and what came from the environment; none of them lasts', async () => {
    process.env['REGISTRY'] = env.REGISTRY;
    const variables = await draw(specOf(more), {}, false, stack);
    delete process.env['REGISTRY'];
    expect(JSON.parse(variables['secret_env']!)).toEqual({
      remote_key: 'id-1',
      self_key: 'id-2',
      engine__TOKEN: 'hush',
      c__KEY: 'k-hush',
    });
    expect(JSON.parse(variables['pull_c']!)).toEqual({ username: 'u', password: 'p' });
    const kept = lasting(stack, variables);
    expect(Object.keys(variables).filter((name) => !(name in kept))).toEqual(['secret_env', 'pull_c']);
    expect(JSON.stringify(kept)).not.toContain('hush');
  });

  test('have a version that changes with them alone, and is a whole number', async () => {
    const kept = { remote_key: 'r', self_key: 's' };
    const version = async (given: Record<string, string>) =>
      (await draw(specOf({ engine: more.engine }, given), kept, true))['secrets_version']!;
    expect(await version(env)).toBe(await version(env));
    expect(await version(env)).not.toBe(await version({ TOKEN: 'other' }));
    expect(await version(env)).toMatch(/^\d+$/);
  });

  test('a login that is not to be had says which variable', async () => {
    await expect(draw(specOf(more), {}, false, stack)).rejects.toThrow(/REGISTRY is not set/);
  });
});

const withSecret = (pull_secret: string) => specOf({ engine: { image: 'example.com/team/app:1', pull_secret } });
const drawWith = (pull_secret: string) =>
  draw(withSecret(pull_secret), {}, false, stackOf({ ...base, engine: { image: 'example.com/team/app:1', pull_secret } }, 'aws'));

test("a pull secret is read as for Docker: the registry's own entry", async () => {
  const entry = { auth: Buffer.from('ci:pw').toString('base64') };
  expect((await drawWith(JSON.stringify({ auths: { 'other.example.com': {}, 'https://example.com/v2/': entry } })))['pull_engine']).toBe(
    '{"username":"ci","password":"pw"}',
  );
  await expect(drawWith(JSON.stringify({ auths: { 'other.example.com': entry } }))).rejects.toThrow('it has no entry for example.com');
  await expect(drawWith('{"auths": {"example.com": {"identitytoken": "t"}}}')).rejects.toThrow(
    'ECS needs a user name and a password for example.com, and the pull secret has a token',
  );
});

import { describe, expect, test } from 'vitest';
import { hiding } from '../../../src/apply/terraform/hiding.js';
import { configFor, secretsOf, type StateBackend, withStateBackend } from '../../../src/apply/terraform/state-backend.js';
import { MayflyError } from '../../../src/errors.js';
import type { MayflyEvent } from '../../../src/events.js';
import type { Stack } from '../../../src/plan/stack.js';

describe('a state for each worker, below what the settings name', () => {
  const cases: Record<string, [backend: StateBackend, is: object]> = {
    's3, with a key': [
      { type: 's3', config: { bucket: 'b', key: 'k' } },
      { bucket: 'b', key: 'k/docker/ci-1.tfstate' },
    ],
    's3, without': [
      { type: 's3', config: { bucket: 'b' } },
      { bucket: 'b', key: 'mayfly/docker/ci-1.tfstate' },
    ],
    's3, with mappings': [
      { type: 's3', config: { bucket: 'b', assume_role: { role_arn: 'r', tags: { a: 'b' } } } },
      { bucket: 'b', assume_role: { role_arn: 'r', tags: { a: 'b' } }, key: 'mayfly/docker/ci-1.tfstate' },
    ],
    gcs: [
      { type: 'gcs', config: { bucket: 'b', prefix: 'p' } },
      { bucket: 'b', prefix: 'p/docker/ci-1' },
    ],
    pg: [{ type: 'pg', config: {} }, { schema_name: 'mayfly_docker_ci_1' }],
    'http, its slash once': [
      { type: 'http', config: { address: 'https://h/s/', lock_address: 'https://h/l' } },
      { address: 'https://h/s/docker/ci-1', lock_address: 'https://h/l/docker/ci-1' },
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [backend, is]) => {
    expect(configFor(backend, 'docker', 'ci-1')).toEqual(is);
  });
});

test('a stack says of which type it is, and nothing of its configuration', () => {
  const stack = { terraform: { required_providers: {}, backend: { local: { path: 'x' } } }, provider: {} } as Stack;
  expect(withStateBackend(stack, { type: 'pg', config: { conn_str: 'postgres://u:p@h/d' } }).terraform.backend).toEqual({ pg: {} });
});

const secretCases: Record<string, { backend: StateBackend; secret?: string[]; plain?: string[] }> = {
  s3: {
    backend: {
      type: 's3',
      config: {
        bucket: 'states',
        profile: 'ci',
        region: 'eu-west-1',
        encrypt: true,
        kms_key_id: 'arn:aws:kms:k',
        access_key: 'AKIA',
        secret_key: 'sk',
        token: 'tk',
        sse_customer_key: 'sse',
        endpoints: { s3: 'https://u:p4ss@h' },
        assume_role: { role_arn: 'arn:role', external_id: 'ext', tags: { a: 'b' } },
        assume_role_with_web_identity: { web_identity_token: 'jwt' },
      },
    },
    secret: ['AKIA', 'sk', 'tk', 'sse', 'p4ss', 'ext', 'jwt'],
    plain: ['ci', 'states', 'eu-west-1', 'arn:aws:kms:k', 'arn:role', 'b', 'true', 'https://u:p4ss@h'],
  },
  'gcs, lines of a key too': {
    backend: { type: 'gcs', config: { bucket: 'b', credentials: '{\n "private_key": "k"\n}', access_token: 'at', encryption_key: 'ek' } },
    secret: ['{\n "private_key": "k"\n}', '"private_key": "k"', 'at', 'ek'],
    plain: ['b', '}'],
  },
  'pg, by URL': {
    backend: { type: 'pg', config: { conn_str: 'postgres://u:p%40ss@h/d', schema_name: 'mayfly' } },
    secret: ['postgres://u:p%40ss@h/d', 'p%40ss', 'p@ss'],
    plain: ['mayfly'],
  },
  'pg, a password that is no encoding': { backend: { type: 'pg', config: { conn_str: 'postgres://u:50%@h/d' } }, secret: ['50%', '50%25'] },
  'pg, in a query': { backend: { type: 'pg', config: { conn_str: 'postgres://h/d?password=hush&user=u' } }, secret: ['hush'] },
  'pg, in words': { backend: { type: 'pg', config: { conn_str: "host=h password = 'it\\'s' user=u" } }, secret: ["it's"] },
  http: {
    backend: {
      type: 'http',
      config: { address: 'https://u:p4ss@h', username: 'ci', password: 12345, client_private_key_pem: 'pem', headers: { 'X-Token': 'tk' } },
    },
    secret: ['p4ss', '12345', 'pem', 'tk'],
    plain: ['ci', 'https://u:p4ss@h'],
  },
};
test.each(Object.entries(secretCases))('what is secret of %s', (_name, { backend, secret = [], plain = [] }) => {
  const secrets = secretsOf(backend);
  expect(secrets).toEqual(expect.arrayContaining(secret));
  for (const one of plain) expect(secrets).not.toContain(one);
  expect(secrets.map(({ length }) => length)).toEqual(secrets.map(({ length }) => length).sort((a, b) => b - a));
});

describe('hiding', () => {
  const { work, emit } = hiding(['postgres://u:p%40ss@h/d', 'p@ss', 'hush']);

  test('in what is thrown', async () => {
    const failing = work(() => {
      throw new MayflyError('applier_failed', { cause: 'no postgres://u:p%40ss@h/d with p@ss', log: ['hush!'] });
    });
    await expect(failing).rejects.toMatchObject({
      message: 'no (hidden) with (hidden)',
      problems: [{ cause: 'no (hidden) with (hidden)' }],
      log: ['(hidden)!'],
    });
  });

  test('in what is told', () => {
    const events: MayflyEvent[] = [];
    const tell = emit((event) => events.push(event));
    tell({ type: 'warning', message: 'deprecated: hush' });
    tell({ type: 'resource_failed', address: 'a', operation: 'create', problem: { cause: 'hush' } });
    tell({ type: 'resource_started', address: 'a', operation: 'create' });
    expect(events).toEqual([
      { type: 'warning', message: 'deprecated: (hidden)' },
      { type: 'resource_failed', address: 'a', operation: 'create', problem: { cause: '(hidden)' } },
      { type: 'resource_started', address: 'a', operation: 'create' },
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { configFor, hiding, secretsOf, type StateBackend, withStateBackend } from '../../../src/apply/terraform/state-backend.js';
import { MayflyError } from '../../../src/errors.js';
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

test('what is secret is hidden in whatever is said, the password by itself too', async () => {
  const config = {
    conn_str: 'postgres://u:p%40ss@h/d',
    schema_name: 'mayfly',
    token: 'hush',
    assume_role: { external_ids: ['deep'], region: 'eu-west-1' },
  };
  const secrets = secretsOf({ type: 'pg', config });
  expect(secrets).toEqual(expect.arrayContaining(['postgres://u:p%40ss@h/d', 'p%40ss', 'p@ss', 'hush', 'deep']));
  expect(secrets).not.toContain('mayfly');
  expect(secrets).not.toContain('eu-west-1');
  const failing = hiding(secrets, () => {
    throw new MayflyError('applier_failed', { cause: 'no postgres://u:p%40ss@h/d with p@ss', log: ['hush!'] });
  });
  await expect(failing).rejects.toMatchObject({ message: 'no (hidden) with (hidden)', log: ['(hidden)!'] });
});

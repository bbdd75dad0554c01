import { describe, expect, test } from 'vitest';
import { entries } from '../../src/backends/registry.js';
import { synthReadme } from '../../src/views/synth-readme.js';
import type { BackendName } from '../../src/spec/worker-spec.js';
import { base, offerOf, specOf } from '../stacks/support.js';
import type { Facts } from '../../src/spec/offer.js';

const describeOf = (backend: string) => entries.find(({ name }) => name === backend)!.describe;

const secrets = {
  secret_env: JSON.stringify({ remote_key: 'hush-1', self_key: 'hush-2', engine__TOKEN: 'hush-3' }),
  pull_db: JSON.stringify({ username: 'hush-4', password: 'hush-5' }),
};

function readme(backend: BackendName, unwritten = {}, cluster = 'mayfly') {
  const spec = specOf(base);
  const offer = offerOf(spec, backend);
  return synthReadme(
    spec,
    { ...offer, facts: { ...offer.facts, ...(backend === 'aws' && { cluster }) } as Facts },
    unwritten,
    describeOf(backend).terraform!,
  );
}

describe('the README of a directory for terraform', () => {
  test.each([
    ['docker', {}],
    ['aws', secrets],
  ] as const)('on %s, word for word (vitest -u writes it again)', async (backend, unwritten) => {
    await expect(readme(backend, unwritten)).toMatchFileSnapshot(`../golden/synth-${backend}.md`);
  });

  test('on AWS: which secrets to give, and how they look', () => {
    const text = readme('aws', secrets);
    expect(text).toContain(`    export TF_VAR_secret_env='{"remote_key":"…","self_key":"…","engine__TOKEN":"…"}'\n`);
    expect(text).toContain(`    export TF_VAR_pull_db='{"username":"…","password":"…"}'\n`);
    expect(text).not.toContain('hush');
  });

  test('on AWS: a cluster by hand carries the tag by which gc removes it', () => {
    const command = 'aws ecs create-cluster --region eu-west-1 --cluster-name mayfly --tags key=dev.mayfly.shared,value=cluster\n';
    expect(readme('aws')).toContain(command);
    expect(readme('aws')).not.toContain('--capacity-providers');
    expect(readme('aws', {}, 'ours')).not.toContain('create-cluster');
  });

  test('on AWS: the address that readiness would have told, and a gc that looks there', () => {
    const text = readme('aws');
    expect(text).toMatch(/`access\.addresses`\s+is empty/);
    for (const command of ['gc', 'destroy w', 'wait w --for ready']) expect(text).toContain(`\`mayfly ${command} --backend aws\``);
    expect(text).toContain('`aws_region` in the settings');
  });

  test('on Docker: none of that', () => {
    const text = readme('docker');
    expect(text).toContain('docker network create');
    for (const other of ['aws', 'TF_VAR', 'address']) expect(text).not.toContain(other);
  });
});

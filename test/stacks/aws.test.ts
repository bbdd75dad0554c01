import { describe, expect, test } from 'vitest';
import { buildGraph, transitiveDependencies } from '../../src/plan/graph.js';
import type { Stack } from '../../src/plan/stack.js';
import { parseSpec } from '../../src/spec/parse.js';
import { AwsStack } from '../../stacks/aws.js';
import { synthesizeAs } from '../../stacks/synthesize.js';
import { resourceDoc } from '../support/provider-schema.js';
import { golden } from './specs.js';
import { base, box, offerOf, specOf, stackOf } from './support.js';

/** What runs and is billed by the second. */
const computes = ['aws_ecs_service'];
const endings = ['aws_scheduler_schedule.end', 'aws_scheduler_schedule.end_again'];

const stacks: Record<string, Stack> = Object.fromEntries(
  Object.entries(golden)
    .filter(([, { backend }]) => backend === 'aws')
    .map(([name, { spec }]) => [name, stackOf(spec, 'aws')]),
);

/** The resources of each stack that can carry tags, and its worker. */
const expected: Record<string, { worker: string; tagged: string[] }> = {
  'aws-engine': {
    worker: 'w',
    tagged: [
      'aws_cloudwatch_log_group.logs',
      'aws_iam_role.execution',
      'aws_iam_role.task',
      'aws_secretsmanager_secret.secrets',
      'aws_ecs_task_definition.task',
      'aws_iam_role.end',
      'aws_scheduler_schedule_group.lease',
      'aws_security_group.network',
      'aws_ecs_service.engine',
    ],
  },
  'aws-ci': {
    worker: 'ci',
    tagged: [
      'aws_cloudwatch_log_group.logs',
      'aws_iam_role.execution',
      'aws_iam_role.task',
      'aws_secretsmanager_secret.pull_build',
      'aws_secretsmanager_secret.pull_lint',
      'aws_secretsmanager_secret.secrets',
      'aws_ecs_task_definition.task',
      'aws_iam_role.end',
      'aws_scheduler_schedule_group.lease',
      'aws_security_group.network',
      'aws_ecs_service.engine',
    ],
  },
};

describe.each(Object.entries(stacks))('%s', (name, stack) => {
  const tags = expected[name]!;
  const graph = buildGraph(stack);
  const closed = transitiveDependencies(graph);

  test('nothing that computes can be made before what ends it, nor that before it may', () => {
    const computing = [...graph.values()].filter(({ type }) => computes.includes(type));
    expect(computing).not.toEqual([]);
    for (const { address } of computing) expect(closed.get(address)).toEqual(expect.arrayContaining(endings));
    for (const ending of endings) expect(closed.get(ending)).toContain('aws_iam_role_policy.end');
  });

  test('a schedule ends this service of this cluster and no other, and its role may do no more', () => {
    const service = graph.get('aws_ecs_service.engine')!.block;
    for (const ending of endings) {
      const { target } = graph.get(ending)!.block as { target: { arn: string; input: string } };
      expect(target.arn).toBe('arn:aws:scheduler:::aws-sdk:ecs:deleteService');
      expect(JSON.parse(target.input)).toEqual({ Cluster: service['cluster'], Service: service['name'], Force: true });
    }
    const { Statement } = JSON.parse(String(graph.get('aws_iam_role_policy.end')!.block['policy'])) as { Statement: unknown };
    const arn = `arn:aws:ecs:eu-west-1:123456789012:service/${String(service['cluster'])}/${String(service['name'])}`;
    expect(Statement).toEqual([{ Effect: 'Allow', Action: 'ecs:DeleteService', Resource: arn }]);
  });

  test('everything that can carry tags says whose it is, how long it lives, which it is and who made it', () => {
    const tagged = [...graph.values()].filter(({ type }) => resourceDoc(type).block.attributes?.['tags']);
    expect(tagged.map(({ address }) => address)).toEqual(tags.tagged);
    for (const { address, block } of tagged) {
      expect(block['tags'], address).toMatchObject({
        'dev.mayfly.address': address,
        'dev.mayfly.worker': tags.worker,
        'dev.mayfly.lifetime': '1200',
        'dev.mayfly.owner': '${var.owner}',
      });
    }
  });

  test('names are not too long', () => {
    for (const { block } of graph.values()) expect(String(block['name'] ?? '').length).toBeLessThanOrEqual(64);
  });
});

const secretSpec = () =>
  parseSpec(
    JSON.stringify({
      ...base,
      engine: { image: 'a', env: { TOKEN: '${env:SECRET}', PLAIN: 'seen' } },
      containers: [box('c', { env: { KEY: '${env:SECRET}' }, pull_secret: 'env:REGISTRY' })],
    }),
    { file: 'w.json', defaultName: 'w', env: { SECRET: 'hush-hush', REGISTRY: '{}' }, directory: '/' },
  ).spec;

test('a secret is neither in the stack nor in a variable that lasts', () => {
  const spec = secretSpec();
  const stack = synthesizeAs(AwsStack, { spec, offer: offerOf(spec, 'aws'), longest: 1000 }) as unknown as Stack;
  const text = JSON.stringify(stack);
  expect(text).not.toContain('hush-hush');
  expect(text).toContain('seen');
  const definitions = String(stack.resource!['aws_ecs_task_definition']!['task']!['container_definitions']);
  expect(definitions).toContain('"valueFrom":"${aws_secretsmanager_secret.secrets.arn}:engine__TOKEN::"');
  expect(definitions).toContain('"valueFrom":"${aws_secretsmanager_secret.secrets.arn}:remote_key::"');
  expect(definitions).not.toContain('${var.remote_key}');
  expect(definitions).toContain('"credentialsParameter":"${aws_secretsmanager_secret.pull_c.arn}"');
  for (const name of ['secret_env', 'pull_c']) expect(stack.variable![name]).toMatchObject({ ephemeral: true, sensitive: true });
});

test('settings of the image are replaced only where the spec has others', () => {
  const settings = { entrypoint: ['${e}'], working_dir: '/src', user: '1000' };
  const stack = stackOf({ ...base, containers: [box('a', settings), box('b')], service_containers: [box('c')] }, 'aws');
  const definitions = JSON.parse(String(stack.resource!['aws_ecs_task_definition']!['task']!['container_definitions'])) as {
    name: string;
  }[];
  const own = Object.fromEntries(definitions.map(({ name, ...one }) => [name, one]));
  expect(own['a']).toMatchObject({ entryPoint: ['$${e}'], workingDirectory: '/src', user: '1000' });
  expect(own['a']).not.toHaveProperty('command');
  expect(own['b']).toMatchObject({ entryPoint: ['sh', '-c'] });
  for (const key of ['entryPoint', 'workingDirectory', 'user']) expect(own['c']).not.toHaveProperty(key);
});

test('the port is open to nobody unless networks are named', () => {
  const ingress = (more: object) =>
    stackOf({ ...base, engine: { image: 'a', port: 80 }, ...more }, 'aws').resource!['aws_security_group']!['network']!['ingress'];
  expect(ingress({})).toEqual([]);
  expect(ingress({ access: { cidrs: ['10.0.0.0/8'] } })).toMatchObject([{ from_port: 80, to_port: 80, cidr_blocks: ['10.0.0.0/8'] }]);
});

test.each([
  ['arm64', 'ARM64'],
  ['amd64', 'X86_64'],
])('%s is %s to Fargate', (arch, said) => {
  const { runtime_platform } = stackOf({ ...base, arch }, 'aws').resource!['aws_ecs_task_definition']!['task']!;
  expect(runtime_platform).toEqual({ cpu_architecture: said, operating_system_family: 'LINUX' });
});

test('a healthcheck is as near as ECS takes it, and an engine with a port has one', () => {
  const definitions = (spec: Record<string, unknown>) =>
    JSON.parse(String(stackOf(spec, 'aws').resource!['aws_ecs_task_definition']!['task']!['container_definitions'])) as {
      name: string;
      healthCheck?: Record<string, unknown>;
      dependsOn: unknown;
    }[];
  const check = { command: 'true', interval: 0.5, timeout: 90, retries: 30, start_period: 900 };
  const [engine, db] = definitions({ ...base, engine: { image: 'a', port: 255 }, service_containers: [box('db', { healthcheck: check })] });
  expect(db!.healthCheck).toEqual({ command: ['CMD-SHELL', 'true'], interval: 5, timeout: 60, retries: 10, startPeriod: 300 });
  expect(engine!.healthCheck!['command']).toEqual(['CMD-SHELL', expect.stringContaining(':00FF ')]);
  expect(engine!.dependsOn).toEqual([{ containerName: 'db', condition: 'HEALTHY' }]);
  expect(definitions(base)[0]!.healthCheck).toBeUndefined();
});

test('the offer of another backend is refused', () => {
  const spec = specOf(base);
  expect(() => synthesizeAs(AwsStack, { spec, offer: offerOf(spec, 'docker'), longest: 1 })).toThrow(
    'the offer is of docker, and the stack of aws',
  );
});

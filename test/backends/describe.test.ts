import { describe, expect, test } from 'vitest';
import { entries } from '../../src/backends/registry.js';
import type { BackendName } from '../../src/spec/worker-spec.js';
import { golden } from '../stacks/specs.js';
import { base, offerOf, specOf } from '../stacks/support.js';
import { awsFacts } from '../../src/backends/aws/names.js';

const describeOf = (backend: string) => entries.find(({ name }) => name === backend)!.describe;

const withPort = {
  ...base,
  engine: { image: 'alpine:3.20', port: 8080 },
  access: { cidrs: ['10.0.0.0/8', '192.0.2.0/24'], public: false },
};

function planned(content: Record<string, unknown>, backend: BackendName, quota = false) {
  const spec = specOf(content);
  return { spec, offer: offerOf(spec, backend, quota) };
}

function words(content: Record<string, unknown>, address: string): string | null {
  const [type = '', name = ''] = address.split('.');
  return describeOf('aws').resource({ type, name }, planned(content, 'aws'));
}

describe('AWS’s words for its resources', () => {
  test.each([
    ['aws_scheduler_schedule_group.lease', 'the lease: when the worker ends'],
    ['aws_scheduler_schedule.end', 'deletes the service when its time is up'],
    ['aws_scheduler_schedule.end_again', 'tries the same again ten minutes later'],
    ['aws_iam_role.end', 'role of the schedules'],
    ['aws_iam_role_policy.end', 'allows them to delete this service only'],
    ['aws_iam_role.execution', 'role that starts the task'],
    ['aws_iam_role_policy.execution', 'allows it to pull images, read the secrets below and write logs'],
    ['aws_iam_role.task', 'role of the containers, without permissions'],
    ['aws_cloudwatch_log_group.logs', 'logs of all containers'],
    ['aws_secretsmanager_secret.secrets', 'keys, and env that came from the environment'],
    ['aws_secretsmanager_secret_version.secrets', 'their values, in no plan and no state'],
    ['aws_secretsmanager_secret.pull_db', 'credentials for the image of db'],
    ['aws_secretsmanager_secret_version.pull_db', 'credentials for the image of db'],
    ['aws_security_group.network', 'port 8080 from 10.0.0.0/8, 192.0.2.0/24'],
    ['aws_ecs_task_definition.task', '4.0 CPU · 8.0 GB · 30 GB of disk · 1 container'],
    ['aws_ecs_service.engine', null],
  ])('%s: %s', (address, text) => {
    expect(words(withPort, address)).toBe(text);
  });

  test.each([
    ['an engine without a port', { ...withPort, engine: { image: 'alpine:3.20' } }],
    ['no addresses that may come', { ...withPort, access: { cidrs: [], public: false } }],
  ])('no inbound traffic: %s', (_, content) => {
    expect(words(content, 'aws_security_group.network')).toBe('no inbound traffic');
  });

  test('a task counts its engine, containers and service containers', () => {
    expect(words(golden['aws-ci']!.spec, 'aws_ecs_task_definition.task')).toBe('4.0 CPU · 8.0 GB · 30 GB of disk · 6 containers');
  });

  test('a task of the usual disk does not name it', () => {
    const { spec, offer } = planned(withPort, 'aws');
    const { shape, ...aws } = awsFacts(offer);
    const facts = { ...aws, shape: { ...shape!, storage: null } };
    const resource = { type: 'aws_ecs_task_definition', name: 'task' };
    expect(describeOf('aws').resource(resource, { spec, offer: { ...offer, facts } })).toBe('4.0 CPU · 8.0 GB · 1 container');
  });
});

describe('each backend’s words', () => {
  const image = 'quay.io/melodium/melodium:0.11.0-alpine-docker';
  test.each([
    ['docker', image],
    ['process', 'melodium'],
    ['aws', image],
  ] as const)('for the Mélodium engine: %s', (backend, text) => {
    expect(describeOf(backend).melodium(specOf({ ...base, engine: undefined, version: '0.11.0' }))).toBe(text);
  });

  test.each([
    ['docker', 'disk', false, false],
    ['docker', 'disk', true, true],
    ['docker', 'memory', false, true],
    ['process', 'disk', false, false],
    ['process', 'memory', false, false],
    ['aws', 'disk', false, false],
  ] as const)('%s, a volume on %s, quota %s: its size is enforced: %s', (backend, medium, quota, limited) => {
    const { offer } = planned(base, backend, quota);
    expect(describeOf(backend).limitsVolume({ name: 'work', storage: 1, medium }, offer)).toBe(limited);
  });

  test('Docker’s volume for the engine’s socket, and nothing else', () => {
    const { resource } = describeOf('docker');
    const plan = planned(base, 'docker');
    expect(resource({ type: 'docker_volume', name: 'engine_exec' }, plan)).toBe('holds the socket of the engine');
    expect(resource({ type: 'docker_container', name: 'engine' }, plan)).toBeNull();
  });

  test('there is no terraform for local processes', () => {
    expect([describeOf('process').terraform, describeOf('process').resource({ type: 't', name: 'n' }, planned(base, 'process'))]).toEqual([
      null,
      null,
    ]);
  });
});

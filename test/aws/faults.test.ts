import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AwsCall, type AwsMoment, type AwsProxy, type Reply, startAwsProxy } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { make, specOf } from './make.js';
import { openQuick } from './quick.js';
import { ec2, json, xml } from './replies.js';
import { removeWhole, stopWhole } from '../support/whole.js';

interface Fault {
  when: string;
  action: RegExp;
  /** How often it is told. */
  times: number;
  reply: Reply;
  /** Told though AWS did it. */
  moment?: AwsMoment;
}

/** What AWS is known to say for a while, at a call of `apply`. */
const making: Fault[] = [
  { when: 'throttled, in JSON', action: /ecs:RegisterTaskDefinition/, times: 3, reply: json('ThrottlingException', 'Rate exceeded') },
  { when: 'throttled, in XML', action: /iam:CreateRole/, times: 3, reply: xml('Throttling', 'Rate exceeded') },
  {
    when: 'throttled by EC2',
    action: /ec2:CreateSecurityGroup/,
    times: 3,
    reply: ec2('RequestLimitExceeded', 'Request limit exceeded.', 503),
  },
  { when: 'a failure inside', action: /secretsmanager:CreateSecret/, times: 2, reply: json('InternalServiceError', 'try again', 500) },
  { when: 'a gateway with no words', action: /logs:CreateLogGroup/, times: 2, reply: { status: 502, body: 'bad gateway' } },
  { when: 'done, and said to have failed', action: /iam:CreateRole/, times: 1, moment: 'acted', reply: xml('ServiceFailure', 'oops', 500) },
  {
    when: 'a group done, and said to have failed',
    action: /scheduler:POST \/schedule-groups/,
    times: 1,
    moment: 'acted',
    reply: json('InternalServerException', 'oops', 500),
  },
  {
    when: 'a service done, and said to have failed',
    action: /ecs:CreateService/,
    times: 1,
    moment: 'acted',
    reply: json('ServerException', 'oops', 500),
  },
  {
    when: 'a role that the scheduler does not know yet',
    action: /scheduler:POST \/schedules\//,
    times: 6,
    reply: json('ValidationException', 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.'),
  },
  {
    when: 'a role without its policies yet',
    action: /iam:PutRolePolicy/,
    times: 2,
    reply: xml('NoSuchEntity', 'The role cannot be found.', 404),
  },
  {
    when: 'a role that ECS does not know yet',
    action: /ecs:RegisterTaskDefinition/,
    times: 3,
    reply: json('ClientException', 'Role is not valid'),
  },
  {
    when: 'no service-linked role yet',
    action: /ecs:CreateService/,
    times: 3,
    reply: json(
      'InvalidParameterException',
      'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
    ),
  },
  {
    when: 'one of the name that drains',
    action: /ecs:CreateService/,
    times: 3,
    reply: json('InvalidParameterException', 'Unable to Start a service that is still Draining.'),
  },
  {
    when: 'a cluster that was tidied away',
    action: /ecs:CreateService/,
    times: 1,
    reply: json('ClusterNotFoundException', 'Cluster not found.'),
  },
  {
    when: 'a group that is not seen yet',
    action: /scheduler:GET \/schedule-groups/,
    times: 4,
    reply: json('ResourceNotFoundException', 'does not exist', 404),
  },
  {
    when: 'a secret that is not seen yet',
    action: /secretsmanager:PutSecretValue/,
    times: 2,
    reply: json('ResourceNotFoundException', "can't find it"),
  },
  {
    when: "a secret's name that is still held",
    action: /secretsmanager:CreateSecret/,
    times: 2,
    reply: json('InvalidRequestException', 'already scheduled for deletion'),
  },
  {
    when: 'a security group that is not seen yet',
    action: /ec2:AuthorizeSecurityGroup/,
    times: 2,
    reply: ec2('InvalidGroup.NotFound', 'does not exist'),
  },
];

const ending: Fault[] = [
  {
    when: 'an interface that still holds its group',
    action: /ec2:DeleteSecurityGroup/,
    times: 8,
    reply: ec2('DependencyViolation', 'has a dependent object'),
  },
  { when: 'throttled', action: /iam:DeleteRole$/, times: 3, reply: xml('Throttling', 'Rate exceeded') },
  {
    when: 'policies that are not gone everywhere',
    action: /iam:DeleteRole$/,
    times: 2,
    reply: xml('DeleteConflict', 'must delete policies first', 409),
  },
  { when: 'a group that is written to', action: /scheduler:DELETE/, times: 2, reply: json('ConflictException', 'in use', 409) },
  {
    when: 'done, and said to have failed',
    action: /ecs:DeleteService/,
    times: 1,
    moment: 'acted',
    reply: json('ServerException', 'oops', 500),
  },
  {
    when: 'a log that is worked at',
    action: /logs:DeleteLogGroup/,
    times: 2,
    reply: json('OperationAbortedException', 'multiple requests'),
  },
  { when: 'a lost secret', action: /secretsmanager:DeleteSecret/, times: 1, moment: 'acted', reply: { status: 503, body: '' } },
];

describe.skipIf(!motoAvailable())('what AWS says for a while', () => {
  let moto: Moto;
  let proxy: AwsProxy;
  let faults: Fault[] = [];
  let told = 0;
  beforeAll(async () => {
    moto = await startMoto();
    proxy = await startAwsProxy(moto.url, ({ action, moment }: AwsCall & { moment: AwsMoment }) => {
      const fault = faults.find((one) => one.action.test(action) && (one.moment ?? 'before') === moment);
      if (!fault || told >= fault.times) return undefined;
      told += 1;
      return fault.reply;
    });
  });
  beforeEach(async () => {
    faults = [];
    told = 0;
    await moto.reset();
  });
  afterAll(async () => {
    await proxy?.close();
    await moto?.close();
  });

  const open = () => openQuick({ ...moto.env, AWS_ENDPOINT_URL: proxy.url });

  test.each(making)('made though: $when', async (fault) => {
    const { call, backend } = await open();
    faults = [fault];
    const { plan } = await make(call, specOf('one'));
    expect(told).toBe(fault.times);
    const addresses = (await backend.list('one')).map(({ address }) => address).sort();
    expect(addresses).toEqual(plan.changes.map(({ address }) => address).sort());
    await removeWhole(backend, 'one');
    expect(await backend.list('one')).toEqual([]);
  });

  test.each(ending)('ended though: $when', async (fault) => {
    const { call, backend } = await open();
    await make(call, specOf('one'));
    faults = [fault];
    await stopWhole(backend, 'one');
    await removeWhole(backend, 'one');
    expect(told).toBe(fault.times);
    expect(await backend.list()).toEqual([]);
  });

  test.each([
    {
      reply: json('AccessDeniedException', 'no'),
      says: { code: 'backend_refused', message: expect.stringContaining('secretsmanager:CreateSecret') as string },
    },
    { reply: json('UnrecognizedClientException', 'no'), says: { code: 'backend_unreachable' } },
    {
      reply: json('LimitExceededException', 'too many secrets'),
      says: { code: 'backend_refused', message: expect.stringContaining('too many secrets') as string },
    },
  ])('told at once: $says.code', async ({ reply, says }) => {
    const { call, clock } = await open();
    faults = [{ when: '', action: /secretsmanager:CreateSecret/, times: 1, reply }];
    const failure: unknown = await make(call, specOf('one')).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject(says);
    expect(clock.slept).toBe(0);
  });

  test('a lasting trouble is told, after as long as AWS is known to take', async () => {
    const { call, backend, clock } = await open();
    await make(call, specOf('one'));
    faults = [
      { when: '', action: /ec2:DeleteSecurityGroup/, times: Infinity, reply: ec2('DependencyViolation', 'has a dependent object') },
    ];
    await expect(removeWhole(backend, 'one')).rejects.toMatchObject({
      code: 'backend_refused',
      message: expect.stringContaining('dependent object') as string,
    });
    expect(clock.slept).toBeGreaterThan(60_000);
    // What holds the lease waits for it.
    expect((await backend.list('one')).map(({ type }) => type).sort()).toContain('aws_scheduler_schedule_group');
    faults = [];
    await removeWhole(backend, 'one');
    expect(await backend.list()).toEqual([]);
  });
});

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Aws } from '../../src/backends/aws/clients.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Plan } from '../../src/plan/plan.js';
import type { StateFile } from '../../src/state/state-file.js';
import { awsNames } from '../../src/backends/aws/names.js';
import { listWorkers } from '../../src/worker/list.js';
import { planWorker } from '../../src/worker/plan.js';
import type { Call } from '../../src/worker/call.js';
import { canonical } from '../../src/plan/values.js';
import { attacks } from '../attacks/attacks.js';
import { startAwsProxy } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, region, startMoto } from '../support/moto/index.js';
import { callsTo } from './lookalikes.js';
import { leaseTerms, make, openCall, specOf } from './make.js';
import { removeWhole } from '../support/whole.js';

let moto: Moto;
let aws: Aws;

if (motoAvailable()) {
  beforeAll(async () => {
    moto = await startMoto();
    aws = callsTo(moto.env);
  });
  afterAll(() => moto.close());
}

/** A boundary of what a role may do, which mayfly's own calls never set. */
async function putBoundary(RoleName: string): Promise<void> {
  const PermissionsBoundary = 'arn:aws:iam::123456789012:policy/boundary';
  const query = { Action: 'PutRolePermissionsBoundary', Version: '2010-05-08', RoleName, PermissionsBoundary };
  const authorization = 'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/iam/aws4_request';
  const response = await fetch(moto.url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(query) });
  expect(response.status).toBe(200);
}

/** A worker that the embedded applier made, on an emulator that holds nothing else. */
async function made(name: string): Promise<{ call: Call; backend: Backend }> {
  await moto.reset();
  const call = await openCall(moto.env);
  const { backend } = await make(call, specOf(name));
  return { call, backend };
}

const planned = async (call: Call, name: string): Promise<Plan> => (await make(call, specOf(name), 'plan')).plan;

/** The actions of a plan and what it says was changed outside; none where nothing is to be done. */
const brief = ({ changes, drift }: Pick<Plan, 'changes' | 'drift'>) => [
  ...changes.flatMap(({ action, address, attributes }) =>
    action === 'none' ? [] : [`${action} ${address}: ${attributes.map(({ path }) => path).join()}`],
  ),
  ...drift.map(({ kind, address, attributes }) => `${kind} ${address}: ${attributes.map(({ path }) => path).join()}`),
];

interface Definition {
  name: string;
  portMappings?: object[];
  [member: string]: unknown;
}

/** The state as the real provider would have written it: see `test/fixtures/provider-state/aws`. */
function asTheProvider(file: StateFile): StateFile {
  const policies = new Map(file.resources.map(({ type, name, instances: [one] }) => [`${type}.${name}`, one.attributes['policy']]));
  const spell: Record<string, (name: string, attributes: StateFile['resources'][0]['instances'][0]['attributes']) => object> = {
    aws_iam_role: (name, { assume_role_policy }) => ({
      assume_role_policy: canonical(JSON.parse(String(assume_role_policy))),
      inline_policy: [{ name: 'mayfly', policy: policies.get(`aws_iam_role_policy.${name}`) ?? '' }],
    }),
    aws_iam_role_policy: (_name, { policy }) => ({ policy: canonical(JSON.parse(String(policy))) }),
    aws_ecs_task_definition: (_name, { container_definitions }) => {
      const definitions = (JSON.parse(String(container_definitions)) as Definition[]).sort((a, b) => (a.name < b.name ? -1 : 1));
      const filled = definitions.map((one) => ({ systemControls: [], volumesFrom: [], ...one }));
      return { container_definitions: canonical(JSON.parse(JSON.stringify(filled))) };
    },
    aws_ecs_service: () => ({ iam_role: '/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS' }),
  };
  const resources = file.resources.map((resource) => {
    const [one] = resource.instances;
    const attributes = { ...one.attributes, ...spell[resource.type]?.(resource.name, one.attributes) };
    return { ...resource, instances: [{ ...one, attributes }] as typeof resource.instances };
  });
  return { ...file, resources };
}

attacks(
  'providers',
  {
    'a state that the real provider wrote': {
      mechanism: 'a schema says when two values mean the same',
      does: 'plans with mayfly after `--applier terraform`: sorted keys and containers, defaults filled in, policies repeated in roles',
      right: 'no changes, and nothing was changed outside',
      async check() {
        const { call } = await made('one');
        const { directory } = await planWorker(call, specOf('one'), { backend: 'aws', strict: false });
        const path = directory.file('terraform.tfstate');
        const written = await readFile(path, 'utf8');
        const respelled = JSON.stringify(asTheProvider(JSON.parse(written) as StateFile));
        expect(respelled).not.toBe(JSON.stringify(JSON.parse(written)));
        await writeFile(path, respelled);
        expect(brief(await planned(call, 'one'))).toEqual([]);
        await make(call, specOf('one', { memory: 300 }));
        expect(brief((await make(call, specOf('one', { memory: 300 }), 'plan')).plan)).toEqual([]);
      },
    },
    'a policy and a definition that differ': {
      mechanism: 'a schema says when two values mean the same',
      does: 'gives a role more than it may by hand',
      right: 'the policy is planned to be put right, and once',
      async check() {
        const { call } = await made('one');
        const { roles } = awsNames('one', region);
        const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
        await aws.iam.putRolePolicy({ RoleName: roles.end, PolicyName: 'mayfly', PolicyDocument });
        const right = ['update aws_iam_role_policy.end: policy', 'changed aws_iam_role_policy.end: policy'];
        expect(brief(await planned(call, 'one'))).toEqual(right);
        await make(call, specOf('one'));
        expect(brief(await planned(call, 'one'))).toEqual([]);
      },
    },
    'descriptions and limits changed by hand': {
      mechanism: 'an update makes every attribute that it was planned for',
      does: 'describes the secret anew, gives a role another description and a boundary',
      right: 'each is planned once and put right',
      async check() {
        const { call } = await made('one');
        const { roles, secret } = awsNames('one', region);
        await aws.secrets.updateSecret({ SecretId: secret, Description: 'by hand' });
        await aws.iam.updateRole({ RoleName: roles.task, Description: 'by hand' });
        await putBoundary(roles.task);
        expect(brief(await planned(call, 'one')).filter((line) => line.startsWith('update'))).toEqual([
          'update aws_iam_role.task: description,permissions_boundary',
          'update aws_secretsmanager_secret.secrets: description',
        ]);
        await make(call, specOf('one'));
        expect(brief(await planned(call, 'one'))).toEqual([]);
        expect((await aws.secrets.describeSecret({ SecretId: secret })).Description).toBe('mayfly worker one');
        expect((await aws.iam.getRole({ RoleName: roles.task })).Role).not.toHaveProperty('PermissionsBoundary.PermissionsBoundaryArn');
      },
    },
    'a lease of a ready worker': {
      mechanism: 'what the stack lets others change is no drift',
      does: 'fixes the lease, which moves both schedules and tags their group',
      right: 'no changes, and nothing was changed outside',
      async check() {
        const { call, backend } = await made('one');
        await backend.writeLease('one', leaseTerms(specOf('one')), Math.floor(Date.now() / 1000) + 1800);
        expect(brief(await planned(call, 'one'))).toEqual([]);
      },
    },
    'a worker begun while the shared cluster is tidied away': {
      mechanism: 'whoever removes what is shared looks again and makes it anew',
      does: 'makes the first object of a worker between the look of `gc` and its removal of the cluster',
      right: 'the cluster is there again, and `gc` does not say that it went',
      async check() {
        await moto.reset();
        const Tags = [{ Key: 'dev.mayfly.worker', Value: 'one' }];
        const proxy = await startAwsProxy(moto.url, async ({ action, moment }) => {
          if (action !== 'ecs:DeleteCluster' || moment !== 'before') return;
          await aws.scheduler.createScheduleGroup({ Name: 'mayfly-one', Tags });
        });
        const call = await openCall({ ...moto.env, AWS_ENDPOINT_URL: proxy.url });
        const backend = await call.openNode('aws');
        await backend.prepare();
        expect(await backend.tidy({ dryRun: false })).toEqual([]);
        expect(proxy.calls.map(({ action }) => action)).toContain('ecs:DeleteCluster');
        await proxy.close();
        const { clusters } = await aws.ecs.describeClusters({ clusters: ['mayfly'] });
        expect(clusters).toMatchObject([{ status: 'ACTIVE' }]);
      },
    },
    'remains of `terraform destroy`': {
      mechanism: 'what is in no stack does not live',
      does: 'leaves a task definition that is out of use, and nothing else',
      right: '`list` says that it is ending, not that it is being made',
      async check() {
        const { call, backend } = await made('one');
        const { taskDefinition, tags } = await aws.ecs.describeTaskDefinition({ taskDefinition: 'mayfly-one', include: ['TAGS'] });
        await removeWhole(backend, 'one');
        const { containerDefinitions } = taskDefinition!;
        const again = await aws.ecs.registerTaskDefinition({ family: 'mayfly-one', containerDefinitions, tags });
        await aws.ecs.deregisterTaskDefinition({ taskDefinition: again.taskDefinition!.taskDefinitionArn });
        const { workers } = await listWorkers(call, 'aws');
        expect(workers.map(({ name, status, objects }) => [name, status, objects.length])).toEqual([['one', 'ending', 1]]);
      },
    },
  },
  { unless: !motoAvailable() },
);

import type { OnAwsCall, Reply } from '../support/aws-proxy.js';
import { iamAction } from './iam-action.js';
import { json, xml } from './replies.js';

interface Hidden {
  /** The first call that looks for it. */
  by: string;
  /** In that call's body or path. */
  name: string;
  reply: Reply;
}

const ok = (body: object | string): Reply => ({
  status: 200,
  headers: { 'content-type': typeof body === 'string' ? 'text/xml' : 'application/x-amz-json-1.1' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const missing = json('ResourceNotFoundException', 'does not exist', 404);
const noEntity = xml('NoSuchEntity', 'cannot be found', 404);
const noGroups =
  '<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><securityGroupInfo/></DescribeSecurityGroupsResponse>';

const member = (key: string) => (body: string) => String((JSON.parse(body) as Record<string, unknown>)[key]);
const field = (key: string) => (body: string) => new URLSearchParams(body).get(key) ?? '';

/** What makes something: how the body names it, the call that looks for it, and what that call is told of what is not there. */
const creations: Record<string, [name: (body: string) => string, by: string, reply: Reply]> = {
  'ecs:CreateCluster': [member('clusterName'), 'ecs:DescribeClusters', ok({ clusters: [], failures: [] })],
  'ecs:RegisterTaskDefinition': [
    member('family'),
    'ecs:DescribeTaskDefinition',
    json('ClientException', 'Unable to describe task definition.'),
  ],
  'ecs:CreateService': [member('serviceName'), 'ecs:DescribeServices', ok({ services: [], failures: [{ reason: 'MISSING' }] })],
  'iam:CreateRole': [field('RoleName'), 'iam:GetRole', noEntity],
  'iam:PutRolePolicy': [field('RoleName'), 'iam:GetRolePolicy', noEntity],
  'logs:CreateLogGroup': [member('logGroupName'), 'logs:DescribeLogGroups', ok({ logGroups: [] })],
  'secretsmanager:CreateSecret': [member('Name'), 'secretsmanager:DescribeSecret', missing],
  'ec2:CreateSecurityGroup': [() => '', 'ec2:DescribeSecurityGroups', ok(noGroups)],
};

/** Of the scheduler's, whose paths name it. */
const inPath: Record<string, string> = {
  'scheduler:CreateScheduleGroup': 'scheduler:GetScheduleGroup',
  'scheduler:CreateSchedule': 'scheduler:GetSchedule',
};

/** Hides each thing that is made, once, from the first call that looks for it, as AWS may. `left`: those that nobody has looked for. */
export function hideOnce(only: RegExp = /./): { onCall: OnAwsCall; hidden: string[]; left(): string[] } {
  const hiding: Hidden[] = [];
  const hidden: string[] = [];
  const made = (call: string, action: string, body: string): Hidden | null => {
    if (inPath[call]) return { by: inPath[call], name: action.split('/').at(-1)!, reply: missing };
    const [nameIn, by, reply] = creations[call] ?? [];
    return nameIn && by && reply ? { by, name: nameIn(body), reply } : null;
  };
  const left = () => hiding.map(({ by, name }) => `${by} ${name}`);
  const onCall: OnAwsCall = ({ action, body, moment, status = 0 }) => {
    const call = iamAction(action);
    const created = moment === 'acted' && status < 300 && only.test(call) ? made(call, action, body) : null;
    const again = created && [...hidden, ...left()].includes(`${created.by} ${created.name}`);
    if (created && !again) hiding.push(created);
    if (moment !== 'before') return undefined;
    const at = hiding.findIndex(({ by, name }) => by === call && (name === action.split('/').at(-1) || `${body}&`.includes(name)));
    if (at < 0) return undefined;
    const [{ by, name, reply }] = hiding.splice(at, 1) as [Hidden];
    hidden.push(`${by} ${name}`);
    return reply;
  };
  return { onCall, hidden, left };
}

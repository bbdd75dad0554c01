import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed } from '../errors.js';
import { labelsFrom, tagList } from '../tags.js';
import { complete, optionalText, tagAttributes, text, wantedTags } from './attributes.js';
import { inFormOf, permissionsOf, type Rule, rulesOf, singles } from './security-rules.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';
import { createOrAdopt } from './create-or-adopt.js';
import type { Labels } from '../../../labels.js';

const schema = schemas.securityGroup;

/** The rule that AWS adds to each new group. */
const defaultEgress: IpPermission[] = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];

/** Finds a group by id, or by name and VPC. */
async function findGroup(
  aws: Aws,
  by: { id: string } | { name: string; vpc: string },
  signal?: AbortSignal,
): Promise<SecurityGroup | null> {
  const filters = 'id' in by ? { 'group-id': by.id } : { 'group-name': by.name, 'vpc-id': by.vpc };
  const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }));
  const { SecurityGroups = [] } = await aws.ec2.describeSecurityGroups({ Filters }, signal);
  return SecurityGroups[0] ?? null;
}

/** Removes a group. AWS refuses until the task's network interface is removed, about half a minute after the task. */
export async function removeSecurityGroup(aws: Aws, id: string, signal?: AbortSignal): Promise<void> {
  const held = (error: unknown) => isNamed(error, 'DependencyViolation', 'InvalidGroup.InUse');
  const remove = () => aws.settle(held, () => aws.ec2.deleteSecurityGroup({ GroupId: id }, signal), signal);
  await ifThere(remove, 'InvalidGroup.NotFound', 'InvalidGroupId.Malformed');
}

export function securityGroupDriver(aws: Aws): Driver {
  const actual = (group: SecurityGroup, known: Attributes): Actual => {
    const labels = labelsFrom(group.Tags);
    const { region } = aws.place;
    const said = {
      id: group.GroupId ?? null,
      name: group.GroupName ?? null,
      name_prefix: '',
      region,
      // AWS returns the ARN since late 2024. Otherwise the partition is assumed to be `aws`.
      arn: group.SecurityGroupArn ?? `arn:aws:ec2:${region}:${group.OwnerId}:security-group/${group.GroupId}`,
      description: group.Description ?? null,
      egress: inFormOf(rulesOf(group.IpPermissionsEgress), known['egress']),
      ingress: inFormOf(rulesOf(group.IpPermissions), known['ingress']),
      owner_id: group.OwnerId ?? null,
      vpc_id: group.VpcId ?? null,
      ...tagAttributes(labels),
    };
    return { id: group.GroupId!, attributes: complete(schema, known, said), labels };
  };
  const read = async (id: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const group = await findGroup(aws, { id }, signal);
    return group && actual(group, known);
  };

  /** Adds missing rules and removes rules that are not wanted. */
  const reconcile = async (
    id: string,
    there: Pick<SecurityGroup, 'IpPermissions' | 'IpPermissionsEgress'>,
    wanted: Attributes,
    signal: AbortSignal,
  ) => {
    const ways = [
      {
        has: there.IpPermissions,
        wants: wanted['ingress'],
        allow: aws.ec2.authorizeSecurityGroupIngress,
        revoke: aws.ec2.revokeSecurityGroupIngress,
      },
      {
        has: there.IpPermissionsEgress,
        wants: wanted['egress'],
        allow: aws.ec2.authorizeSecurityGroupEgress,
        revoke: aws.ec2.revokeSecurityGroupEgress,
      },
    ];
    const unknown = (error: unknown) => isNamed(error, 'InvalidGroup.NotFound');
    await Promise.all(
      ways.map(async ({ has, wants, allow, revoke }) => {
        const [had, wanting] = [singles(has), permissionsOf((wants ?? []) as unknown as Rule[])];
        const without = (rules: Map<string, IpPermission>, others: Map<string, IpPermission>) =>
          [...rules].filter(([key]) => !others.has(key)).map(([, one]) => one);
        const [superfluous, missing] = [without(had, wanting), without(wanting, had)];
        const once = (work: () => Promise<unknown>) => aws.settle(unknown, work, signal).catch(unlessDone);
        if (superfluous.length > 0) await once(() => revoke({ GroupId: id, IpPermissions: superfluous }, signal));
        if (missing.length > 0) await once(() => allow({ GroupId: id, IpPermissions: missing }, signal));
      }),
    );
  };

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const [name, vpc] = [text(wanted['name']), text(wanted['vpc_id'])];
      const tags = wantedTags(wanted);
      const input = {
        GroupName: name,
        Description: text(wanted['description']),
        VpcId: optionalText(vpc),
        TagSpecifications: [{ ResourceType: 'security-group' as const, Tags: tagList(tags) }],
      };
      const group = await createOrAdopt<SecurityGroup & { labels: Labels }>({
        ...{ kind: 'security group', name, labels: tags },
        async create() {
          const { GroupId } = await aws.ec2.createSecurityGroup(input, signal);
          return { GroupId, IpPermissionsEgress: defaultEgress, labels: tags };
        },
        isTaken: (error) => isNamed(error, 'InvalidGroup.Duplicate'),
        async find() {
          const found = await findGroup(aws, { name, vpc }, signal);
          return found && { ...found, labels: labelsFrom(found.Tags) };
        },
      });
      await reconcile(group.GroupId!, group, wanted, signal);
      return seen(aws, name, () => read(group.GroupId!, wanted, signal), signal);
    },
    async update(id, wanted, _changes, { signal }) {
      await reconcile(id, (await findGroup(aws, { id }, signal)) ?? {}, wanted, signal);
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    delete: (id, _known, { signal }) => removeSecurityGroup(aws, id, signal),
  };
}

/** Ignores the error if another run has made the same change. */
function unlessDone(error: unknown): void {
  if (!isNamed(error, 'InvalidPermission.Duplicate', 'InvalidPermission.NotFound')) throw error;
}

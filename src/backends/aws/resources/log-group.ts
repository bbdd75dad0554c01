import type { LogGroup } from '@aws-sdk/client-cloudwatch-logs';
import type { Labels } from '../../../labels.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed } from '../errors.js';
import { complete, tagAttributes, text, wantedTags } from './attributes.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';
import { createOrAdopt } from './create-or-adopt.js';

const schema = schemas.logGroup;

export type FoundLogGroup = LogGroup & { arn: string; labels: Labels };

export async function findLogGroup(aws: Aws, name: string, signal?: AbortSignal): Promise<FoundLogGroup | null> {
  const { logGroups = [] } = await aws.logs.describeLogGroups({ logGroupNamePrefix: name, limit: 50 }, signal);
  const found = logGroups.find(({ logGroupName }) => logGroupName === name);
  if (!found) return null;
  // AWS returns two ARNs. Tags are read with the ARN without `:*`.
  const arn = (found.logGroupArn ?? found.arn ?? '').replace(/:\*$/, '');
  return ifThere(async () => {
    const { tags = {} } = await aws.logs.listTagsForResource({ resourceArn: arn }, signal);
    return { ...found, arn, labels: tags };
  }, 'ResourceNotFoundException');
}

export async function removeLogGroup(aws: Aws, name: string, signal?: AbortSignal): Promise<void> {
  await ifThere(async () => {
    const busy = (error: unknown) => isNamed(error, 'OperationAbortedException');
    await aws.settle(busy, () => aws.logs.deleteLogGroup({ logGroupName: name }, signal), signal);
  }, 'ResourceNotFoundException');
}

export function logGroupDriver(aws: Aws): Driver {
  const actual = (found: FoundLogGroup, known: Attributes): Actual => {
    const name = found.logGroupName!;
    const said = {
      id: name,
      name,
      name_prefix: '',
      region: aws.place.region,
      arn: found.arn,
      deletion_protection_enabled: found.deletionProtectionEnabled ?? false,
      kms_key_id: found.kmsKeyId ?? '',
      log_group_class: found.logGroupClass ?? 'STANDARD',
      retention_in_days: found.retentionInDays ?? 0,
      ...tagAttributes(found.labels),
    };
    return { id: name, attributes: complete(schema, known, said), labels: found.labels };
  };
  const read = async (name: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const found = await findLogGroup(aws, name, signal);
    return found && actual(found, known);
  };
  const retain = async (name: string, wanted: Attributes, signal: AbortSignal) => {
    const retentionInDays = Number(wanted['retention_in_days'] ?? 0);
    if (retentionInDays > 0) await aws.logs.putRetentionPolicy({ logGroupName: name, retentionInDays }, signal);
  };

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const name = text(wanted['name']);
      const tags = wantedTags(wanted);
      await createOrAdopt<{ labels: Labels }>({
        ...{ kind: 'log group', name, labels: tags },
        async create() {
          await aws.logs.createLogGroup({ logGroupName: name, tags }, signal);
          return { labels: tags };
        },
        isTaken: (error) => isNamed(error, 'ResourceAlreadyExistsException'),
        find: () => read(name, wanted, signal),
      });
      const { partition, account } = await aws.identity();
      const arn = `arn:${partition}:logs:${aws.place.region}:${account}:log-group:${name}`;
      return actual({ logGroupName: name, arn, labels: tags, retentionInDays: Number(wanted['retention_in_days'] ?? 0) }, wanted);
    },
    /** Sets the retention. Resources that need the group can be created meanwhile. */
    async start(id, wanted, { signal }) {
      await retain(id, wanted, signal);
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    async update(id, wanted, _changes, { signal }) {
      await retain(id, wanted, signal);
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    delete: (id, _known, { signal }) => removeLogGroup(aws, id, signal),
  };
}

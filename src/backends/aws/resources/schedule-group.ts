import type { GetScheduleGroupCommandOutput } from '@aws-sdk/client-scheduler';
import type { Labels } from '../../../labels.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ifThere, isNamed } from '../errors.js';
import { labelsFrom, tagList } from '../tags.js';
import { complete, tagAttributes, text, time, wantedTags } from './attributes.js';
import { assertOurs } from '../../shared/ownership.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';

const schema = schemas.scheduleGroup;

/** The state of a group that is being deleted. It counts as removed: its name is soon free. */
const leaving = 'DELETING';

export type FoundGroup = GetScheduleGroupCommandOutput & { labels: Labels };

/** Returns when the group was created; `null` if there is none. */
export async function groupBorn(aws: Aws, name: string, signal?: AbortSignal): Promise<Date | null> {
  return (await getGroup(aws, name, signal))?.CreationDate ?? null;
}

/** Returns a group with its labels; `null` if there is none. */
export async function findGroup(aws: Aws, name: string, signal?: AbortSignal): Promise<FoundGroup | null> {
  const group = await getGroup(aws, name, signal);
  if (!group) return null;
  return ifThere(async () => {
    const { Tags } = await aws.scheduler.listTagsForResource({ ResourceArn: group.Arn! }, signal);
    return { ...group, labels: labelsFrom(Tags) };
  }, 'ResourceNotFoundException');
}

async function getGroup(aws: Aws, name: string, signal?: AbortSignal): Promise<GetScheduleGroupCommandOutput | null> {
  return ifThere(async () => {
    const group = await aws.scheduler.getScheduleGroup({ Name: name }, signal);
    return group.State === leaving ? null : group;
  }, 'ResourceNotFoundException');
}

export async function removeGroup(aws: Aws, name: string, signal?: AbortSignal): Promise<void> {
  await ifThere(async () => {
    // AWS refuses while the group is being changed: try again.
    await aws.settle(isConflict, () => aws.scheduler.deleteScheduleGroup({ Name: name }, signal), signal);
  }, 'ResourceNotFoundException');
}

const isConflict = (error: unknown) => isNamed(error, 'ConflictException');

export function scheduleGroupDriver(aws: Aws): Driver {
  const read = async (name: string, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const group = await findGroup(aws, name, signal);
    if (!group) return null;
    const said = {
      id: name,
      name,
      name_prefix: '',
      region: aws.place.region,
      arn: group.Arn ?? null,
      creation_date: time(group.CreationDate),
      // A lease updates the modification date. That is no change of the group.
      last_modification_date: known['last_modification_date'] ?? time(group.LastModificationDate),
      state: group.State ?? null,
      ...tagAttributes(group.labels),
    };
    return { id: name, attributes: complete(schema, known, said), labels: group.labels };
  };
  const taken = async (name: string, wanted: Attributes, signal: AbortSignal): Promise<Actual | null> => {
    const there = await read(name, wanted, signal);
    if (there) assertOurs('schedule group', name, wantedTags(wanted), there.labels);
    return there;
  };

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const name = text(wanted['name']);
      const make = async (): Promise<Actual | null> => {
        try {
          await aws.scheduler.createScheduleGroup({ Name: name, Tags: tagList(wantedTags(wanted)) }, signal);
        } catch (error) {
          if (!isConflict(error)) throw error;
          const there = await taken(name, wanted, signal);
          if (there) return there;
          // An earlier group of this name is being deleted: try again.
          throw error;
        }
        return null;
      };
      const there = await aws.settle(isConflict, make, signal);
      const labels = wantedTags(wanted);
      const said = { id: name, name, name_prefix: '', region: aws.place.region, ...tagAttributes(labels) };
      return there ?? { id: name, attributes: complete(schema, wanted, said), labels };
    },
    /** Reads the dates that AWS sets. Resources in the group can be created meanwhile. */
    start: (id, wanted, { signal }) => seen(aws, id, () => read(id, wanted, signal), signal),
    async update(id, wanted, _changes, { signal }) {
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    delete: (id, _known, { signal }) => removeGroup(aws, id, signal),
  };
}

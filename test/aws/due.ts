import type { Aws } from '../../src/backends/aws/clients.js';
import { labelKeys } from '../../src/labels.js';
import type { Moto } from '../support/moto/index.js';
import { callsTo } from './lookalikes.js';

/** Moto's schedules never fire: this does what those do that are due at a time, as EventBridge Scheduler would. @returns which did */
export async function fireDue(aws: Aws, now: number): Promise<string[]> {
  const { Schedules = [] } = await aws.scheduler.listSchedules({});
  const fired = await Promise.all(
    Schedules.map(async ({ GroupName, Name }) => {
      const {
        ScheduleExpression = '',
        Target,
        ActionAfterCompletion,
      } = await aws.scheduler.getSchedule({ GroupName: GroupName!, Name: Name! });
      const at = Date.parse(`${/^at\((.*)\)$/.exec(ScheduleExpression)?.[1]}Z`);
      if (!(at <= now) || Target?.Arn !== 'arn:aws:scheduler:::aws-sdk:ecs:deleteService') return [];
      const { Cluster, Service, Force } = JSON.parse(Target.Input!) as { Cluster: string; Service: string; Force: boolean };
      // Its tries at what is gone already come to nothing.
      await aws.ecs.deleteService({ cluster: Cluster, service: Service, force: Force }).catch(() => undefined);
      if (ActionAfterCompletion === 'DELETE') await aws.scheduler.deleteSchedule({ GroupName: GroupName!, Name: Name! });
      return [`${GroupName}/${Name}`];
    }),
  );
  return fired.flat().sort();
}

/** When a worker ends: what its schedules' group says, in seconds since the epoch, and the expressions of both schedules. */
export async function leaseOn({ env }: Moto, worker: string): Promise<{ ends: number; end: string; 'end-again': string }> {
  const aws = callsTo(env);
  const GroupName = `mayfly-${worker}`;
  const timeOf = async (Name: string) => (await aws.scheduler.getSchedule({ GroupName, Name })).ScheduleExpression ?? '';
  const { Arn } = await aws.scheduler.getScheduleGroup({ Name: GroupName });
  const { Tags = [] } = await aws.scheduler.listTagsForResource({ ResourceArn: Arn! });
  const ends = Number(Tags.find(({ Key }) => Key === labelKeys.ends)?.Value);
  const times = { ends, end: await timeOf('end'), 'end-again': await timeOf('end-again') };
  aws.close();
  return times;
}

import type { Aws } from '../../src/backends/aws/clients.js';

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

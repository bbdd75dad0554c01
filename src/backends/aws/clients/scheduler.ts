import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UpdateScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';

export { SchedulerClient as Client };
export const commands = {
  createSchedule: CreateScheduleCommand,
  createScheduleGroup: CreateScheduleGroupCommand,
  deleteSchedule: DeleteScheduleCommand,
  deleteScheduleGroup: DeleteScheduleGroupCommand,
  getSchedule: GetScheduleCommand,
  getScheduleGroup: GetScheduleGroupCommand,
  listScheduleGroups: ListScheduleGroupsCommand,
  listSchedules: ListSchedulesCommand,
  listTagsForResource: ListTagsForResourceCommand,
  tagResource: TagResourceCommand,
  updateSchedule: UpdateScheduleCommand,
};

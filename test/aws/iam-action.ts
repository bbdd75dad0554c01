/** What the paths of the scheduler's REST API mean. */
const scheduler: [RegExp, string][] = [
  [/^GET \/schedule-groups$/, 'ListScheduleGroups'],
  [/^POST \/schedule-groups\//, 'CreateScheduleGroup'],
  [/^GET \/schedule-groups\//, 'GetScheduleGroup'],
  [/^DELETE \/schedule-groups\//, 'DeleteScheduleGroup'],
  [/^GET \/schedules$/, 'ListSchedules'],
  [/^POST \/schedules\//, 'CreateSchedule'],
  [/^GET \/schedules\//, 'GetSchedule'],
  [/^PUT \/schedules\//, 'UpdateSchedule'],
  [/^DELETE \/schedules\//, 'DeleteSchedule'],
  [/^GET \/tags\//, 'ListTagsForResource'],
  [/^POST \/tags\//, 'TagResource'],
];

/** A call as IAM has it (`ecs:CreateService`), from what the proxy saw. */
export function iamAction(seen: string): string {
  const [service = '', ...rest] = seen.split(':');
  const call = rest.join(':');
  if (service === 'scheduler') return `scheduler:${scheduler.find(([path]) => path.test(call))?.[1] ?? call}`;
  // Its requests are signed for another name than its actions have.
  return `${service === 'tagging' ? 'tag' : service}:${call}`;
}

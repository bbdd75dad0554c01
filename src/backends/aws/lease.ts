import type { Labels } from '../../labels.js';
import { labelKeys } from '../../labels.js';
import type { Aws } from './clients.js';
import { isNamed } from './errors.js';
import { namesOf, type schedules, secondTry } from './names.js';
import { findGroup } from './resources/schedule-group.js';
import { findSchedule, movedTo } from './resources/schedule.js';
import { tagList } from './tags.js';
import { MayflyError } from '../../errors.js';

/** As a schedule has it: UTC, to the second. */
export function atTime(seconds: number): string {
  return `at(${new Date(seconds * 1000).toISOString().slice(0, 19)})`;
}

/** Seconds from now that a schedule is at least set to: AWS refuses a time that has passed. */
const soonest = 60;

/** Moves both schedules, then says so on their group: a lease that is told has what keeps it. `ends` in seconds since the epoch. */
export async function writeLease(aws: Aws, worker: string, labels: Labels, ends: number): Promise<void> {
  const { common } = namesOf(worker, aws.place.region);
  const group = await findGroup(aws, common);
  if (!group) {
    throw new MayflyError('lease_refused', {
      place: { path: worker },
      cause: 'its schedule group is gone, so there is nothing that could hold its lease',
      remedy: `end it with \`mayfly destroy ${worker}\`, or apply its spec again`,
    });
  }
  const first = Math.max(ends, Math.ceil((aws.clock.now() + (aws.skew() ?? 0)) / 1000) + soonest);
  const times: Record<keyof typeof schedules, number> = { end: first, 'end-again': first + secondTry };
  await Promise.all(Object.entries(times).map(([name, time]) => moveSchedule(aws, `${common}/${name}`, time)));
  const lease = {
    [labelKeys.ends]: String(ends),
    ...(labels[labelKeys.maxDuration] && { [labelKeys.maxDuration]: labels[labelKeys.maxDuration] }),
  };
  await aws.scheduler.tagResource({ ResourceArn: group.Arn!, Tags: tagList(lease) });
}

/** One that has fired already, and deleted itself, can't be moved: the other one ends the worker. */
async function moveSchedule(aws: Aws, id: string, seconds: number): Promise<void> {
  const found = await findSchedule(aws, id);
  if (!found) return;
  try {
    await aws.scheduler.updateSchedule(movedTo(found, atTime(seconds)));
  } catch (error) {
    if (!isNamed(error, 'ResourceNotFoundException')) throw error;
  }
}

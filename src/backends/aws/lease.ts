import { labelKeys } from '../../labels.js';
import type { LeaseTerms } from '../shared/own-labels.js';
import type { Aws } from './clients.js';
import { ifThere } from './errors.js';
import { awsNames, type ScheduleName, secondTry, wallTime } from './names.js';
import { findGroup } from './resources/schedule-group.js';
import { findSchedule, movedTo } from './resources/schedule.js';
import { tagList } from './tags.js';
import { MayflyError } from '../../errors.js';

/** Smallest distance in seconds of a schedule from now: AWS refuses a time in the past. */
const soonest = 60;

/** Moves both schedules, then records the lease on their group, so that a recorded lease always has its schedules. `ends`: seconds since the epoch. */
export async function writeLease(aws: Aws, worker: string, terms: LeaseTerms, ends: number): Promise<void> {
  const { common } = awsNames(worker, aws.place.region);
  const group = await findGroup(aws, common);
  if (!group) throw refused(worker, 'its schedule group is gone, so there is nothing that could hold its lease');
  const first = Math.max(ends, Math.ceil((aws.clock.now() + (aws.skew() ?? 0)) / 1000) + soonest);
  const times: Record<ScheduleName, number> = { end: first, 'end-again': first + secondTry };
  const moved = await Promise.all(Object.entries(times).map(([name, time]) => moveSchedule(aws, `${common}/${name}`, time)));
  if (!moved.includes(true)) throw refused(worker, 'both of its schedules are gone, so nothing in AWS would end it');
  const lease = {
    [labelKeys.ends]: String(ends),
    ...(terms.maxDuration !== undefined && { [labelKeys.maxDuration]: String(terms.maxDuration) }),
    ...(terms.origin !== undefined && { [labelKeys.origin]: terms.origin }),
  };
  await aws.scheduler.tagResource({ ResourceArn: group.Arn!, Tags: tagList(lease) });
}

/** Moves a schedule. @returns false if it has fired and deleted itself: the other schedule then ends the worker */
async function moveSchedule(aws: Aws, id: string, seconds: number): Promise<boolean> {
  const found = await findSchedule(aws, id);
  if (!found) return false;
  const moved = movedTo(found, `at(${wallTime(seconds * 1000)})`);
  return (await ifThere(() => aws.scheduler.updateSchedule(moved), 'ResourceNotFoundException')) !== null;
}

function refused(worker: string, cause: string): MayflyError {
  const remedy = `apply its spec again, or end it with \`mayfly destroy ${worker}\``;
  return new MayflyError('lease_refused', { place: { path: worker }, cause, remedy });
}

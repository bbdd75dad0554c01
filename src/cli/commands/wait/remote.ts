import type { RunReply } from '../../../client/documents.js';
import { findRun } from '../../../client/find-run.js';
import { follow } from '../../../client/follow.js';
import { MayflyError } from '../../../errors.js';
import { duration, moment } from '../../../views/format.js';
import { stateOf } from '../../../views/run-view.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { toDuration } from '../../times.js';
import type { Args } from './options.js';

/** As `run` of this command, for a run: exits with the code of its engine, or that of its end. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    const timeout = args.timeout === undefined ? null : toDuration(args.timeout, '--timeout', 'mayfly wait ci --timeout 5m');
    const { id } = await findRun(session.client, args.worker);
    const found = await waitFor(session, id, args, timeout);
    return args.for === 'ready' ? showReady(session, args.worker, found) : showEnded(session, args.worker, found);
  });
}

async function waitFor({ client, call }: RemoteSession, id: string, args: Args, timeout: number | null): Promise<RunReply> {
  const { clock, stop } = call;
  const ended = new AbortController();
  const end = () => ended.abort(stop.reason);
  stop.addEventListener('abort', end, { once: true });
  const timer = new AbortController();
  if (timeout !== null) {
    const late = () => ended.abort(notInTime(args, timeout));
    clock.sleep(timeout * 1000, timer.signal).then(late, () => {});
  }
  try {
    const isReady = ({ state }: RunReply) => args.for === 'ready' && state === 'running';
    return await follow(client, id, isReady, { clock, signal: ended.signal });
  } finally {
    timer.abort();
    stop.removeEventListener('abort', end);
  }
}

/** @throws MayflyError `worker_ended`, `not_ready` as without a server */
function showReady({ call, json, line, out }: RemoteSession, worker: string, run: RunReply): number {
  const place = { path: worker };
  if (run.state !== 'running') {
    const cause = `the run has ended: ${whyOf(run)}`;
    throw new MayflyError('worker_ended', { place, cause, remedy: `see \`mayfly show ${worker}\`, or apply its spec again` });
  }
  if (run.live?.status === 'degraded') {
    const cause = `the worker is degraded: ${run.live.why ?? 'one of its containers has failed'}`;
    throw new MayflyError('not_ready', { place, cause, remedy: `see \`mayfly show ${worker}\`, then apply its spec again` });
  }
  const [now, ends] = [call.clock.now(), Date.parse(run.ends ?? '')];
  if (json) line({ worker, run: run.id, status: 'ready', ends: run.ends });
  else out(`${worker} is ready; it ends at ${moment(ends, now)} (in ${duration((ends - now) / 1000)}).`);
  return 0;
}

function showEnded({ call, json, line, out }: RemoteSession, worker: string, run: RunReply): number {
  const { id, reason, state, completed, exit_code: code } = run;
  const why = whyOf(run);
  if (json) line({ worker, run: id, status: 'ended', state, reason, why, ended: completed });
  else out(`${worker} ended at ${moment(Date.parse(completed ?? ''), call.clock.now())}: ${why}.`);
  return code ?? (state === 'completed' || state === 'cancelled' ? 0 : 1);
}

/** The end of its last worker, or else its state. */
function whyOf(run: RunReply): string {
  return run.attempts?.at(-1)?.end?.why ?? stateOf(run);
}

function notInTime({ worker, for: state }: Args, timeout: number): MayflyError {
  return new MayflyError('timed_out', {
    place: { path: worker },
    cause: `the worker is not ${state} after ${timeout} s`,
    remedy: `see \`mayfly show ${worker}\`, or wait longer: --timeout`,
  });
}

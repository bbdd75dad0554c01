import pLimit, { type LimitFunction } from 'p-limit';
import type { RunReply } from '../../../client/documents.js';
import { follow } from '../../../client/follow.js';
import { livingRun, takeRun } from '../../../client/take.js';
import { MayflyError } from '../../../errors.js';
import type { Output } from '../../../plan/outputs.js';
import type { FoundSpec } from '../../../spec/load.js';
import { humanAccess } from '../../../views/access-view.js';
import { moment } from '../../../views/format.js';
import { accessLine } from '../../../views/json-view.js';
import { stateOf } from '../../../views/run-view.js';
import { paint } from '../../paint.js';
import { assertNone, portable } from '../../remote/portable.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { interruptedCode } from '../../signals.js';
import { approve } from '../shared/approve.js';
import { eachWorker, type Show, specsOf } from '../shared/each-spec.js';
import { warn } from '../shared/warn.js';
import type { Args } from './options.js';
import { workersOf } from './workers.js';

const locally = {
  ...{ strict: 'strict', applier: 'applier', copy: 'copy', lockTimeout: 'lock-timeout', parallelism: 'parallelism', adopt: 'adopt' },
};

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    assertNone(args, locally);
    const all = await specsOf(args.spec, args);
    const inTurn = pLimit(1);
    const named = all.map((item) => ({ name: item.spec.name, item }));
    return eachWorker(session, named, (own, item) => applyOne(own, item, args, inTurn));
  });
}

async function applyOne(session: RemoteSession, { spec, warnings }: FoundSpec, args: Args, inTurn: LimitFunction): Promise<Show> {
  const { client, call, note } = session;
  const { name } = spec;
  const asked = { spec: portable(spec, args.backend), workers: workersOf(args) };
  warn(session, warnings);
  const options = { clock: call.clock, signal: call.stop };
  const living = await livingRun(client, name, options);
  if (!living && !args.autoApprove && !(await inTurn(() => ask(session, name)))) {
    note('Nothing was done.');
    return () => 1;
  }
  const { id } = await takeRun(client, name, asked, living);
  try {
    const onChange = (run: RunReply) => call.emit({ type: 'note', message: `${name}: ${progressOf(run, call.clock.now())}` });
    const run = await follow(client, id, ({ state }) => state === 'running', { ...options, onChange });
    if (run.state === 'failed' || run.state === 'cancelled') throw failed(run);
    const outputs = run.state === 'running' ? outputsOf(await client.access(id)) : {};
    return () => show(session, run, outputs);
  } catch (error) {
    if (!call.stop.aborted) throw error;
    note(`Interrupted: the run ${id} goes on. See it with \`mayfly show ${name}\`, end it with \`mayfly destroy ${name}\`.`);
    return () => interruptedCode;
  }
}

function ask(session: RemoteSession, name: string): Promise<boolean> {
  return approve(session, `Queue a run of ${name} at ${session.server}?`, 'give --auto-approve');
}

function show({ json, line, out, call }: RemoteSession, run: RunReply, outputs: Record<string, Output>): number {
  if (json) {
    line(run);
    if (run.state === 'running') line(accessLine(run.name, outputs));
  } else if (run.state !== 'running' || run.ends === null) out(`${run.name} is ${stateOf(run)}.`);
  else {
    const keys = `GET /v1/runs/${run.id}/access`;
    out([`  run      ${run.id}`, humanAccess(run.name, outputs, Date.parse(run.ends), call.clock.now(), paint, keys)].join('\n'));
  }
  return 0;
}

export function progressOf(run: RunReply, now: number): string {
  const last = run.attempts?.findLast(({ error }) => error !== null);
  const why = run.state === 'queued' ? last?.error?.problems[0]?.cause : undefined;
  const starts = run.state === 'queued' && run.starts_by ? `, starts at ${moment(Date.parse(run.starts_by), now)} at the latest` : '';
  return [stateOf(run), run.node === null ? '' : ` on ${run.node}`, starts, why === undefined ? '' : ` (${why})`].join('');
}

/** The keys are in `access`. */
function outputsOf(values: Readonly<Record<string, unknown>>): Record<string, Output> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      { value: value as Output['value'], type: 'dynamic', sensitive: name === 'access' },
    ]),
  );
}

/** All attempts' errors, the oldest first. */
export function failed(run: RunReply): MayflyError {
  const problems = (run.attempts ?? []).flatMap(({ number, node, error }) =>
    (error?.problems ?? []).map(({ place, cause, remedy }) => ({
      place: { path: [`attempt ${number} on ${node}`, place].filter(Boolean).join(': ') },
      cause,
      ...(remedy !== undefined && { remedy }),
    })),
  );
  const remedy = `\`mayfly runs ${run.id}\` shows its attempts and events`;
  return new MayflyError('apply_failed', {
    place: { path: run.name },
    cause: `the run ${run.id} is ${stateOf(run)}`,
    remedy,
    ...(problems.length > 0 && { problems }),
  });
}

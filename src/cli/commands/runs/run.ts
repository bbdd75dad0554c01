import { downloadResults } from '../../../client/results.js';
import { MayflyError } from '../../../errors.js';
import { count } from '../../../views/format.js';
import { findRun } from '../../../client/find-run.js';
import { humanRun, runsTable } from '../../../views/run-view.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';

const pageSize = 50;

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, (session) => work(session, args));
}

function work(session: RemoteSession, args: Args): Promise<number> {
  const { run: wanted, results } = args;
  if (wanted === undefined) return results === undefined ? list(session, args) : Promise.reject(withoutRun());
  return results === undefined ? show(session, wanted) : copyResults(session, wanted, results);
}

async function copyResults({ client, connection, json, line, note }: RemoteSession, wanted: string, directory: string): Promise<number> {
  const { id } = await findRun(client, wanted);
  const copied = await downloadResults(connection, id, directory);
  if (json) line({ run: id, directory, ...copied });
  else note(`Copied ${count(copied.files, 'file')} to ${directory}.`);
  return 0;
}

function withoutRun(): MayflyError {
  return new MayflyError('usage', { place: { path: '--results' }, cause: 'needs a run', remedy: "add a run's id or its spec's name" });
}

async function list({ client, call, json, line, out, note }: RemoteSession, { state, name, all }: Args): Promise<number> {
  const filter = { state, name };
  const page = all ? { runs: await client.allRuns(filter), next: null } : await client.runs(filter, { limit: pageSize });
  if (json) line(page);
  else out(page.runs.length === 0 ? 'No runs.' : runsTable(page.runs, call.clock.now()));
  if (page.next !== null) note(`The newest ${pageSize} are shown. Give --all for all runs.`);
  return 0;
}

async function show({ client, call, json, line, out }: RemoteSession, wanted: string): Promise<number> {
  const found = await findRun(client, wanted);
  const events = await client.events(found.id);
  if (json) line({ ...found, events });
  else out(humanRun(found, events, call.clock.now()));
  return 0;
}

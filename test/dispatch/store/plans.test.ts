import { Kysely, SqliteDialect } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { Commits } from '../../../src/dispatch/store/commits.js';
import { wasmDriver } from '../../../src/dispatch/store/driver-wasm.js';
import type { Connection } from '../../../src/dispatch/store/driver.js';
import { groupCommits } from '../../../src/dispatch/store/group-commit.js';
import { migrate } from '../../../src/dispatch/store/migrations.js';
import { storeIn } from '../../../src/dispatch/store/open.js';
import type { Tables } from '../../../src/dispatch/store/schema.js';
import type { Store } from '../../../src/dispatch/store/store.js';
import { newRun, sampleRun } from './samples.js';
import { newTask, sampleTask } from './task-contract.js';

const rows = 100_000;

/** With the same tables, but empty. */
let explaining: Connection;
let store: Store;
/** Each statement, and its shortest time on a CPU in milliseconds. */
const times = new Map<string, number>();
let texts = new Set<string>();

/** Runs of two organisations, one of ten unfinished, each with a label, two events and an attempt. */
beforeAll(async () => {
  const [connection, empty] = [await wasmDriver.open(':memory:'), await wasmDriver.open(':memory:')];
  for (const one of [connection, empty]) migrate(one, ':memory:', '1');
  explaining = empty;
  const tables = new Kysely<Tables>({ dialect: new SqliteDialect({ database: measured(connection) }) });
  const commits = new Commits();
  const write = groupCommits(tables, connection, commits);
  store = storeIn({ tables, write, commits, backup: async () => {}, close: () => tables.destroy() });
  connection.exec(`
    begin;
    create temp table n as with recursive n (i) as (select 0 union all select i + 1 from n where i < ${rows - 1}) select i from n;
    create temp table sample as
      select i, printf('00000000-0000-4000-8000-%012d', i) as id, i % 10 > 0 as final, iif(i % 10, i, null) as ended, iif(i % 2, 'a', 'b') as team from n;
    insert into runs (id, organisation, revision, state, final, priority, labels, program, name, spec, asks, attempts, tries, reached, attempt, "createdAt", "completedAt", "bodyHash")
      select id, iif(i % 2, 'red', 'blue'), 1, iif(final, 'completed', 'queued'), final, 500, json_object('team', team), '{}', 'build',
        '${JSON.stringify(sampleRun(0).spec)}', '{"cpu":1,"memory":1,"storage":0}', 3, 0, 0, 0, i, ended, 'hash' from sample;
    insert into labels (key, value, "createdAt", run) select 'team', team, i, id from sample;
    insert into events (run, attempt, at, type, data) select id, 0, i, 'queued', '{}' from sample;
    insert into events (run, attempt, at, type, data) select id, 0, i, 'placed', '{}' from sample;
    insert into attempts (run, number, node, "startedAt", "endedAt", organisation, price, cost)
      select id, 1, 'docker', i, ended, iif(i % 2, 'red', 'blue'), 1, 1 from sample;
    insert into webhooks (id, organisation, url, secret, "createdAt") values ('odd', 'green', 'https://a', '', 1), ('even', 'green', 'https://b', '', 2);
    insert into deliveries (id, webhook, type, attempt, body, "createdAt", state, failures, "nextAt", tries)
      select 'msg_' || i, iif(i % 2, 'odd', 'even'), 'run.failed', 1, '{}', i, iif(i % 10, 'delivered', 'pending'), 0, i, '[]' from sample;
    commit;`);
  return async () => {
    explaining.close();
    await store.close();
  };
});

/** Records each statement in `texts` and `times`. Other processes do not count. */
function measured(connection: Connection): Connection {
  const measure = <T>(sql: string, run: () => T): T => {
    const before = process.cpuUsage();
    const result = run();
    const { user, system } = process.cpuUsage(before);
    texts.add(sql);
    times.set(sql, Math.min(times.get(sql) ?? Infinity, (user + system) / 1000));
    return result;
  };
  return {
    ...connection,
    prepare(sql) {
      const statement = connection.prepare(sql);
      return {
        ...statement,
        all: (parameters) => measure(sql, () => statement.all(parameters)),
        run: (parameters) => measure(sql, () => statement.run(parameters)),
      };
    },
  };
}

const event = { at: 1, type: 'changed', data: {} };
const middleTask = `50000_${sampleTask(50_000).id}`;
const middle = `50000_${sampleRun(50_000).id}`;

const byTask = 'SEARCH tasks USING INDEX sqlite_autoindex_tasks_1 (id=?)';
const byId = 'SEARCH runs USING INDEX sqlite_autoindex_runs_1 (id=?)';
const byOrganisation = 'SEARCH attempts USING COVERING INDEX attempts_reserved (organisation=? AND cost>?)';
const byHooks = 'SEARCH webhooks USING INDEX webhooks_by_organisation (organisation=?)';
const byHook = 'SEARCH webhooks USING INDEX sqlite_autoindex_webhooks_1 (id=?)';
const byDelivery = 'SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (id=?)';
const bySpent = 'SEARCH spent USING INDEX sqlite_autoindex_spent_1 (organisation=? AND month=?)';
const byNumber = 'SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (run=? AND number=?)';

/** Calls of the store, and the plan of each of their statements: all search an index, and none sorts. */
test.each<[string, () => Promise<unknown>, string[]]>([
  ['run', () => store.run(sampleRun(7).id), [byId]],
  ['insert', () => store.insert(newRun(rows + 1, { labels: { team: 'a' } })), []],
  ['insert again', () => store.insert(newRun(7)), [byId]],
  [
    'change',
    () => store.change(sampleRun(20), { state: 'placed', labels: { team: 'b' } }, event, { number: 1, endedAt: 1 }),
    [byId, 'SEARCH labels USING COVERING INDEX labels_by_run (run=?)', byNumber, byNumber, byNumber],
  ],
  [
    'cancel',
    () => store.change(sampleRun(30), { state: 'cancelled' }, event, { number: 2, node: 'docker', startedAt: 1 }),
    [byId, byNumber, 'SEARCH secrets USING INDEX sqlite_autoindex_secrets_1 (run=?)', byHooks],
  ],
  [
    'reserve',
    () => store.change(sampleRun(40), { state: 'placed' }, event, { number: 2, node: 'docker', startedAt: 1, price: 1, cost: 1 }, rows),
    [byId, byNumber, byOrganisation, bySpent],
  ],
  ['spent', () => store.spent('red', '2026-11'), [byOrganisation, bySpent]],
  ['all runs', () => store.runs({ limit: 50, after: middle }), ['SEARCH runs USING INDEX runs_by_time ((createdAt,id)<(?,?))', byId]],
  [
    'of an organisation',
    () => store.runs({ organisation: 'red', limit: 50, after: middle }),
    ['SEARCH runs USING INDEX runs_by_organisation (organisation=? AND (createdAt,id)<(?,?))', byId],
  ],
  [
    'of a name',
    () => store.runs({ name: 'build', organisation: 'red', limit: 50, after: middle }),
    ['SEARCH runs USING INDEX runs_by_name (name=? AND (createdAt,id)<(?,?))', byId],
  ],
  [
    'of a label',
    () => store.runs({ labels: { team: 'a' }, limit: 50, after: middle }),
    ['SEARCH labels USING COVERING INDEX sqlite_autoindex_labels_1 (key=? AND value=? AND (createdAt,run)<(?,?))', byId, byId],
  ],
  [
    'queued',
    () => store.runs({ states: ['queued'], organisation: 'blue', limit: 50, after: middle }),
    ['SEARCH runs USING INDEX runs_unfinished ((createdAt,id)<(?,?))', byId],
  ],
  [
    'none of many',
    () => store.runs({ labels: { team: 'a' }, name: 'other', limit: 50 }),
    [
      'SEARCH labels USING COVERING INDEX sqlite_autoindex_labels_1 (key=? AND value=?)',
      byId,
      'SEARCH labels USING COVERING INDEX sqlite_autoindex_labels_1 (key=? AND value=? AND (createdAt,run)<(?,?))',
      byId,
    ],
  ],
  ['unfinished', () => read(store.unfinished()), ['SEARCH runs USING INDEX runs_unfinished ((createdAt,id)>(?,?))']],
  ['attempts', () => store.attempts(sampleRun(7).id), ['SEARCH attempts USING INDEX sqlite_autoindex_attempts_1 (run=?)']],
  [
    'events of a run',
    () => store.events({ run: sampleRun(7).id, after: 3, limit: 50 }),
    ['SEARCH events USING INDEX events_by_run (run=? AND sequence>?)'],
  ],
  ['all events', () => store.events({ after: 150_000, limit: 50 }), ['SEARCH events USING INTEGER PRIMARY KEY (rowid>?)']],
  ['feed', () => store.feed({ after: 150_000, limit: 50 }), ['SEARCH events USING INTEGER PRIMARY KEY (rowid>?)', byId]],
  [
    'feed of a run',
    () => store.feed({ run: sampleRun(7).id, after: 3, limit: 50 }),
    [byId, 'SEARCH events USING INDEX events_by_run (run=? AND sequence>?)'],
  ],
  ['sequences', () => store.sequences(), ['SEARCH events', 'SEARCH settings USING INDEX sqlite_autoindex_settings_1 (key=?)']],
  [
    'usage',
    () => read(store.usage({ from: 0, to: 100_000 })),
    ['SEARCH attempts USING INDEX attempts_by_end (endedAt=? AND (run,number)>(?,?))', byId],
  ],
  [
    'usage of ended attempts',
    () => read(store.usage({ from: 99_000, to: 100_000 }), Infinity),
    [
      'SEARCH attempts USING INDEX attempts_by_end (endedAt=? AND (run,number)>(?,?))',
      byId,
      'SEARCH attempts USING INDEX attempts_by_end ((endedAt,run,number)>(?,?,?))',
      byId,
    ],
  ],
  [
    'retention',
    () => store.removeFinished(50_000),
    [
      'SEARCH runs USING INDEX runs_finished (completedAt<?)',
      'SEARCH events USING COVERING INDEX events_by_run (run=?)',
      'SEARCH events',
      'SEARCH settings USING INDEX sqlite_autoindex_settings_1 (key=?)',
      'SEARCH labels USING COVERING INDEX labels_by_run (run=?)',
      'SEARCH attempts USING COVERING INDEX sqlite_autoindex_attempts_1 (run=?)',
      'SEARCH events USING COVERING INDEX events_by_run (run=?)',
      'SEARCH secrets USING COVERING INDEX sqlite_autoindex_secrets_1 (run=?)',
      'SEARCH tasks USING COVERING INDEX tasks_by_run (run=?)',
      'SEARCH runs USING COVERING INDEX sqlite_autoindex_runs_1 (id=?)',
      // References to a removed run.
      'SEARCH tasks USING COVERING INDEX tasks_by_run (run=?)',
      'SEARCH secrets USING COVERING INDEX sqlite_autoindex_secrets_1 (run=?)',
      'SEARCH events USING COVERING INDEX events_by_run (run=?)',
      'SEARCH attempts USING COVERING INDEX sqlite_autoindex_attempts_1 (run=?)',
      'SEARCH labels USING COVERING INDEX labels_by_run (run=?)',
    ],
  ],
  [
    'retention of fleets',
    () => store.removeFinished(-1),
    [
      'SEARCH runs USING INDEX runs_finished (completedAt<?)',
      'SEARCH fleet_events USING INTEGER PRIMARY KEY (rowid=?)',
      'LIST SUBQUERY 1',
      'SEARCH fleet_events USING COVERING INDEX fleet_events_by_time (at<?)',
      'SEARCH tasks USING COVERING INDEX sqlite_autoindex_tasks_1 (id=?)',
      'LIST SUBQUERY 1',
      'SEARCH tasks USING INDEX tasks_of_fleets_finished (finishedAt<?)',
      'SEARCH allocations USING COVERING INDEX sqlite_autoindex_allocations_1 (id=?)',
      'LIST SUBQUERY 1',
      'SEARCH allocations USING INDEX allocations_ended (endedAt<?)',
      'SEARCH fleets USING INDEX fleets_closed (closedAt<?)',
    ],
  ],
  [
    'events of an allocation',
    () => store.allocations.events('a', 5),
    ['SEARCH fleet_events USING INDEX fleet_events_by_allocation (allocation=?)'],
  ],
  ['living allocations', () => store.allocations.living(), ['SCAN allocations USING INDEX allocations_living']],
  [
    'tasks of an allocation',
    () => store.tasks.tasks({ organisation: 'red', allocation: 'a', limit: 50, after: middleTask }),
    ['SEARCH tasks USING INDEX tasks_by_allocation (allocation=? AND (createdAt,id)<(?,?))'],
  ],
  ['pending deliveries', () => store.webhooks.pending('even', 5), ['SEARCH deliveries USING INDEX deliveries_pending (webhook=?)']],
  [
    'deliveries of a webhook',
    () => store.webhooks.deliveries({ webhook: 'odd', after: '50000_msg_50000', limit: 50 }),
    ['SEARCH deliveries USING INDEX deliveries_by_webhook (webhook=? AND (createdAt,id)<(?,?))'],
  ],
  [
    'failed deliveries of a webhook',
    () => store.webhooks.deliveries({ webhook: 'odd', state: 'failed', after: '50000_msg_50000', limit: 50 }),
    ['SEARCH deliveries USING INDEX deliveries_by_state (webhook=? AND state=? AND (createdAt,id)<(?,?))'],
  ],
  [
    'a try',
    () => store.webhooks.tried('msg_20', { at: 1, ms: 1, status: 200, error: null, retryAfter: null, random: 0 }),
    [byDelivery, byHook, byDelivery, byHook],
  ],
  ['webhooks of an organisation', () => store.webhooks.list('green'), [byHooks]],
  [
    'retention of deliveries',
    () => store.webhooks.removeDeliveries(50_000),
    ['SEARCH deliveries USING INDEX deliveries_by_time (createdAt<?)', byHook, byDelivery.replace('USING', 'USING COVERING')],
  ],
  ['secrets', () => store.secrets(sampleRun(7).id), ['SEARCH secrets USING INDEX sqlite_autoindex_secrets_1 (run=?)']],
  ['insert a task', () => store.tasks.insert(newTask(1, { run: sampleRun(60_000).id })), [byId]],
  ['change a task', () => store.tasks.change(sampleTask(1), { notBefore: 5 }, event), [byTask, byId]],
  [
    'tasks of an organisation',
    () => store.tasks.tasks({ organisation: 'red', limit: 50, after: middleTask }),
    ['SEARCH tasks USING INDEX tasks_by_organisation (organisation=? AND (createdAt,id)<(?,?))'],
  ],
  [
    'tasks in a state',
    () => store.tasks.tasks({ organisation: 'red', state: 'running', limit: 50, after: middleTask }),
    ['SEARCH tasks USING INDEX tasks_by_state (organisation=? AND state=? AND (createdAt,id)<(?,?))'],
  ],
  [
    'tasks of a run',
    () => store.tasks.tasks({ organisation: 'red', run: sampleRun(1).id, limit: 50, after: middleTask }),
    ['SEARCH tasks USING INDEX tasks_by_run (run=? AND (createdAt,id)<(?,?))'],
  ],
  [
    'dead tasks',
    () => store.tasks.tasks({ organisation: 'red', dead: true, limit: 50, after: middleTask }),
    ['SEARCH tasks USING INDEX tasks_dead (organisation=? AND (createdAt,id)<(?,?))'],
  ],
  ['unfinished tasks', () => read(store.tasks.unfinished()), ['SEARCH tasks USING INDEX tasks_unfinished ((createdAt,id)>(?,?))']],
  ['one task', () => store.tasks.task(sampleTask(7).id), [byTask]],
])('%s', async (_, call, plans) => {
  texts = new Set();
  await call();
  const plan = [...texts].flatMap((sql) => explaining.prepare(`explain query plan ${sql}`).all([]) as { detail: string }[]);
  expect(plan.map(({ detail }) => detail)).toEqual(plans);
});

test.each<[string, () => Promise<unknown>]>([
  ['a page that few runs match', () => store.runs({ labels: { team: 'a' }, name: 'other', limit: 50 })],
  ['usage', () => read(store.usage({ from: 50_000, to: 100_000 }), 10_000)],
  ['unfinished runs', () => read(store.unfinished(), 9_000)],
])('other work goes on while %s is read', async (_, call) => {
  let turns = 0;
  const count = () => {
    turns += 1;
    turn = setImmediate(count);
  };
  let turn = setImmediate(count);
  await call();
  clearImmediate(turn);
  expect(turns).toBeGreaterThan(40);
});

test('no statement took 20 ms', () => {
  expect(times.size).toBeGreaterThan(20);
  expect([...times].filter(([, ms]) => ms >= 20)).toEqual([]);
});

/** Reads two pages, or all. */
async function read(rows: AsyncIterable<unknown>, most = 250): Promise<void> {
  let left = most;
  for await (const _ of rows) if ((left -= 1) === 0) return;
}

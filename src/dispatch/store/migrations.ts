import { MayflyError } from '../../errors.js';
import type { Connection } from './driver.js';

/**
 * The schema's steps, in their order; a step that was released is never edited. Columns have the names of the fields that they hold. Keyset
 * pages read each index from its end.
 */
export const migrations: readonly string[] = [
  `create table runs (
     id text primary key,
     organisation text not null,
     revision integer not null,
     state text not null,
     final integer not null,
     reason text,
     priority integer not null,
     labels text not null,
     program text not null,
     name text not null,
     spec text,
     asks text not null,
     attempts integer not null,
     tries integer not null,
     reached integer not null,
     avoid text,
     attempt integer not null,
     node text,
     worker text,
     until integer,
     "readyAt" integer,
     ends integer,
     next text,
     "createdAt" integer not null,
     "lastTryAt" integer,
     "notBefore" integer,
     "completedAt" integer,
     "exitCode" integer,
     "bodyHash" text not null
   );
   create index runs_by_time on runs ("createdAt", id);
   create index runs_by_organisation on runs (organisation, "createdAt", id);
   create index runs_by_name on runs (name, "createdAt", id);
   create index runs_unfinished on runs ("createdAt", id) where final = 0;
   create index runs_finished on runs ("completedAt") where final = 1;

   create table labels (
     key text not null,
     value text not null,
     "createdAt" integer not null,
     run text not null references runs (id),
     primary key (key, value, "createdAt", run)
   );
   create index labels_by_run on labels (run);

   create table attempts (
     run text not null references runs (id),
     number integer not null,
     node text not null,
     "startedAt" integer not null,
     "readyAt" integer,
     "endedAt" integer,
     error text,
     "end" text,
     primary key (run, number)
   );
   create index attempts_by_end on attempts ("endedAt", run, number);

   create table events (
     sequence integer primary key autoincrement,
     run text not null references runs (id),
     attempt integer not null,
     at integer not null,
     type text not null,
     data text not null
   );
   create index events_by_run on events (run, sequence);

   create table secrets (
     run text primary key references runs (id),
     sealed blob not null
   );

   create table tokens (
     id text primary key,
     hash text not null,
     organisation text not null,
     scopes text not null,
     "createdAt" integer not null
   );

   create table settings (
     key text primary key,
     value text not null
   );`,
  // Money in millionths of a US dollar.
  `alter table attempts add column organisation text not null default '';
   alter table attempts add column price integer not null default 0;
   alter table attempts add column cost integer not null default 0;
   create index attempts_reserved on attempts (organisation, cost, "endedAt") where "endedAt" is null and cost > 0;

   create table spent (
     organisation text not null,
     month text not null,
     cost integer not null,
     primary key (organisation, month)
   );`,
  `alter table runs add column maker text;
   alter table runs add column "movedTo" text;`,
  // Promised starts and bids.
  `alter table runs add column promise text;
   alter table runs add column "maxWait" integer;
   alter table runs add column "bidExpires" integer;`,
  `create table tasks (
     id text primary key,
     organisation text not null,
     revision integer not null,
     run text references runs (id),
     state text not null,
     final integer not null,
     reason text,
     priority integer not null,
     command text not null,
     container text not null,
     timeout integer not null,
     attempts integer not null,
     cpu integer not null,
     memory integer not null,
     attempt integer not null,
     token text,
     worker text,
     stopping integer not null,
     "createdAt" integer not null,
     "notBefore" integer,
     "scheduledAt" integer,
     "startedAt" integer,
     "finishedAt" integer,
     "exitCode" integer,
     failure text,
     output text,
     dead integer not null,
     redriven text,
     sealed blob,
     "bodyHash" text not null
   );
   create index tasks_by_organisation on tasks (organisation, "createdAt", id);
   create index tasks_by_state on tasks (organisation, state, "createdAt", id);
   create index tasks_by_run on tasks (run, "createdAt", id);
   create index tasks_unfinished on tasks ("createdAt", id) where final = 0;
   create index tasks_dead on tasks (organisation, "createdAt", id) where dead = 1;`,
  // Callbacks. A delivery outlives its run.
  `alter table runs add column "requestId" text;
   alter table runs add column "warnedOf" integer;

   create table webhooks (
     id text primary key,
     organisation text not null,
     url text not null,
     types text,
     secret blob not null,
     previous blob,
     "previousUntil" integer,
     "createdAt" integer not null,
     "failingSince" integer,
     disabled text
   );
   create index webhooks_by_organisation on webhooks (organisation, "createdAt", id);

   create table deliveries (
     id text primary key,
     webhook text not null references webhooks (id),
     type text not null,
     run text,
     attempt integer not null,
     body text not null,
     "createdAt" integer not null,
     state text not null,
     failures integer not null,
     "nextAt" integer,
     tries text not null
   );
   create index deliveries_by_webhook on deliveries (webhook, "createdAt", id);
   create index deliveries_by_state on deliveries (webhook, state, "createdAt", id);
   create index deliveries_by_time on deliveries ("createdAt");
   create index deliveries_pending on deliveries (webhook, "nextAt") where state = 'pending';`,
  // Fleets.
  `alter table runs add column fleet text;
   create index runs_by_fleet on runs (fleet, "createdAt", id) where fleet is not null;

   create table fleets (
     id text primary key,
     organisation text not null,
     name text not null,
     revision integer not null,
     state text not null,
     spec text not null,
     min integer not null,
     max integer not null,
     idle integer not null,
     nodes text not null,
     priority integer not null,
     labels text not null,
     "createdAt" integer not null,
     "closedAt" integer,
     secrets blob,
     "bodyHash" text not null
   );
   create unique index fleets_by_name on fleets (organisation, name) where state != 'closed';

   create table fleet_events (
     sequence integer primary key autoincrement,
     fleet text not null,
     at integer not null,
     type text not null,
     data text not null
   );
   create index fleet_events_by_fleet on fleet_events (fleet, sequence);`,
  `create table functions (
     organisation text not null,
     name text not null,
     revision text not null,
     digest text not null,
     work text not null,
     container text,
     timeout integer not null,
     memory integer,
     env text not null,
     sealed blob,
     "createdAt" integer not null,
     primary key (organisation, name, revision)
   );

   create table function_defaults (
     organisation text not null,
     name text not null,
     revision text not null,
     previous text,
     primary key (organisation, name)
   );`,
  // Commands and their results.
  `alter table runs add column command text;
   alter table runs add column "commandAt" integer;
   alter table runs add column "commandEnd" text;
   alter table runs add column results text;
   alter table runs add column "resultsDue" integer;
   create index runs_results_due on runs ("resultsDue") where "resultsDue" is not null;`,
  // Tasks of fleets.
  `alter table tasks add column fleet text;
   create index tasks_by_fleet on tasks (fleet, "createdAt", id) where fleet is not null;`,
  `alter table tasks add column function text;`,
  `create index fleet_events_by_time on fleet_events (at);
   create index tasks_of_fleets_finished on tasks ("finishedAt") where fleet is not null and "finishedAt" is not null;
   create index fleets_closed on fleets ("closedAt") where "closedAt" is not null;`,
  // Stealers.
  `alter table runs add column workers text;
   alter table runs add column "primary" text;
   create index runs_by_primary on runs ("primary", "createdAt", id) where "primary" is not null;
   alter table fleets add column aux integer not null default 0;`,
  // Allocations of fleets.
  `create table allocations (
     id text primary key,
     organisation text not null,
     fleet text not null,
     revision integer not null,
     state text not null,
     reason text,
     container text not null,
     min text not null,
     max text not null,
     granted text,
     worker text,
     labels text not null,
     ttl integer not null,
     interval integer not null,
     "renewBy" integer not null,
     "createdAt" integer not null,
     "grantedAt" integer,
     "endedAt" integer,
     "bodyHash" text not null
   );
   create index allocations_living on allocations ("createdAt", id) where "endedAt" is null;
   create index allocations_ended on allocations ("endedAt") where "endedAt" is not null;

   alter table fleet_events add column allocation text;
   create index fleet_events_by_allocation on fleet_events (allocation, sequence) where allocation is not null;

   alter table tasks add column allocation text;
   create index tasks_by_allocation on tasks (allocation, "createdAt", id) where allocation is not null;`,
  // Files of tasks.
  `alter table tasks add column files text;`,
];

/**
 * Brings a database to the newest schema, each step in a transaction of its own.
 *
 * @param version of this mayfly; it is stored with each step
 * @throws MayflyError `state_unreadable` if a newer mayfly has changed the schema
 */
export function migrate(connection: Connection, file: string, version: string, steps = migrations): void {
  connection.exec('create table if not exists schema (step integer primary key, mayfly text not null)');
  const [last] = connection.prepare('select step, mayfly from schema order by step desc limit 1').all([]) as {
    step: number;
    mayfly: string;
  }[];
  const done = last?.step ?? 0;
  if (last && done > steps.length) {
    throw new MayflyError('state_unreadable', {
      place: { file },
      cause: `mayfly ${last.mayfly} has written this database (schema ${done}); mayfly ${version} reads schemas up to ${steps.length}`,
      remedy: `start mayfly ${last.mayfly} or later, or restore a backup from before`,
    });
  }
  for (let step = done + 1; step <= steps.length; step += 1) {
    connection.exec('begin immediate');
    try {
      connection.exec(steps[step - 1]!);
      connection.prepare('insert into schema (step, mayfly) values (?, ?)').run([step, version]);
      connection.exec('commit');
    } catch (error) {
      if (connection.inTransaction) connection.exec('rollback');
      throw error;
    }
  }
}

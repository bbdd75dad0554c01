import type { Generated } from 'kysely';
import type { AllocationRow } from './allocation-rows.js';
import type { FunctionDefaultRow, FunctionRow } from './function-rows.js';
import type { TaskRow } from './task-rows.js';

/** A row of each table, as `migrations.ts` makes them. Texts in JSON are marked. */
export interface Tables {
  runs: RunRow;
  labels: { key: string; value: string; createdAt: number; run: string };
  attempts: AttemptRow;
  events: EventRow;
  tasks: TaskRow;
  secrets: { run: string; sealed: Uint8Array };
  tokens: TokenRow;
  settings: { key: string; value: string };
  fleets: FleetRow;
  fleet_events: FleetEventRow;
  allocations: AllocationRow;
  /** What ended attempts have cost, by the month in which they ended (`2026-11`). */
  spent: { organisation: string; month: string; cost: number };
  webhooks: WebhookRow;
  deliveries: DeliveryRow;
  functions: FunctionRow;
  function_defaults: FunctionDefaultRow;
}

export interface RunRow {
  id: string;
  organisation: string;
  revision: number;
  state: string;
  /** 1: the state is final. */
  final: number;
  reason: string | null;
  priority: number;
  /** JSON. */
  labels: string;
  /** JSON. */
  program: string;
  name: string;
  /** JSON. */
  spec: string | null;
  /** JSON. */
  asks: string;
  attempts: number;
  tries: number;
  reached: number;
  avoid: string | null;
  attempt: number;
  node: string | null;
  worker: string | null;
  maker: string | null;
  movedTo: string | null;
  until: number | null;
  readyAt: number | null;
  ends: number | null;
  /** JSON. */
  next: string | null;
  createdAt: number;
  lastTryAt: number | null;
  notBefore: number | null;
  /** JSON. */
  promise: string | null;
  maxWait: number | null;
  bidExpires: number | null;
  requestId: string | null;
  warnedOf: number | null;
  completedAt: number | null;
  exitCode: number | null;
  fleet: string | null;
  /** JSON. */
  workers: string | null;
  primary: string | null;
  /** JSON. */
  command: string | null;
  commandAt: number | null;
  /** JSON. */
  commandEnd: string | null;
  /** JSON. */
  results: string | null;
  resultsDue: number | null;
  bodyHash: string;
}

export interface AttemptRow {
  run: string;
  number: number;
  node: string;
  startedAt: number;
  readyAt: number | null;
  endedAt: number | null;
  /** JSON. */
  error: string | null;
  /** JSON. */
  end: string | null;
  /** Of its run. */
  organisation: string;
  price: number;
  cost: number;
}

export interface EventRow {
  sequence: Generated<number>;
  run: string;
  attempt: number;
  at: number;
  type: string;
  /** JSON. */
  data: string;
}

export interface TokenRow {
  id: string;
  hash: string;
  organisation: string;
  /** JSON. */
  scopes: string;
  createdAt: number;
}

export interface WebhookRow {
  id: string;
  organisation: string;
  url: string;
  /** JSON. */
  types: string | null;
  secret: Uint8Array;
  previous: Uint8Array | null;
  previousUntil: number | null;
  createdAt: number;
  failingSince: number | null;
  disabled: string | null;
}

export interface DeliveryRow {
  id: string;
  webhook: string;
  type: string;
  run: string | null;
  attempt: number;
  body: string;
  createdAt: number;
  state: string;
  failures: number;
  nextAt: number | null;
  /** JSON. */
  tries: string;
}

export interface FleetRow {
  id: string;
  organisation: string;
  name: string;
  revision: number;
  state: string;
  /** JSON. */
  spec: string;
  min: number;
  max: number;
  idle: number;
  aux: number;
  /** JSON. */
  nodes: string;
  priority: number;
  /** JSON. */
  labels: string;
  createdAt: number;
  closedAt: number | null;
  secrets: Uint8Array | null;
  bodyHash: string;
}

export interface FleetEventRow {
  sequence: Generated<number>;
  fleet: string;
  /** The allocation that it is about, if any. */
  allocation: string | null;
  at: number;
  type: string;
  /** JSON. */
  data: string;
}

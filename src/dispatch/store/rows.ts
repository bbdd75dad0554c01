import type { Selectable } from 'kysely';
import type { Delivery, DeliveryState, Disabled, Webhook, WebhookChange } from '../callbacks/webhook.js';
import type { HistoryEntry } from '../../state/history-entry.js';
import { isFinal, type Attempt, type AttemptError, type Run, type RunEvent, type RunReason, type RunState } from '../run.js';
import type { AttemptRow, DeliveryRow, EventRow, RunRow, TokenRow, WebhookRow } from './schema.js';
import type { AttemptChange, RunChange, Scope, Token } from './store.js';

export function rowOfRun(run: Run, bodyHash: string): RunRow {
  const { labels, program, spec, asks, next, promise, workers, command, commandEnd, results, ...plain } = run;
  return {
    ...plain,
    labels: JSON.stringify(labels),
    program: JSON.stringify(program),
    spec: spec && JSON.stringify(spec),
    asks: JSON.stringify(asks),
    next: next && JSON.stringify(next),
    promise: promise && JSON.stringify(promise),
    workers: workers && JSON.stringify(workers),
    command: command && JSON.stringify(command),
    commandEnd: commandEnd && JSON.stringify(commandEnd),
    results: results && JSON.stringify(results),
    final: isFinal(plain.state) ? 1 : 0,
    bodyHash,
  };
}

export function runOfRow({ final: _, bodyHash: __, ...row }: RunRow): Run {
  const { state, reason, labels, program, spec, asks, next, promise, workers, command, commandEnd, results, ...plain } = row;
  return {
    ...plain,
    state: state as RunState,
    reason: reason as RunReason | null,
    labels: JSON.parse(labels),
    program: JSON.parse(program),
    spec: spec && JSON.parse(spec),
    asks: JSON.parse(asks),
    next: next && JSON.parse(next),
    promise: promise && JSON.parse(promise),
    workers: workers && JSON.parse(workers),
    command: command && JSON.parse(command),
    commandEnd: commandEnd && JSON.parse(commandEnd),
    results: results && JSON.parse(results),
  };
}

/** The columns that a change sets. */
export function rowOfChange({ labels, next, promise, commandEnd, results, ...plain }: RunChange): Partial<RunRow> {
  return {
    ...plain,
    ...(labels && { labels: JSON.stringify(labels) }),
    ...(next !== undefined && { next: next && JSON.stringify(next) }),
    ...(promise !== undefined && { promise: promise && JSON.stringify(promise) }),
    ...(commandEnd !== undefined && { commandEnd: commandEnd && JSON.stringify(commandEnd) }),
    ...(results !== undefined && { results: results && JSON.stringify(results) }),
    ...(plain.state && { final: isFinal(plain.state) ? 1 : 0 }),
  };
}

export function rowOfAttemptChange({ error, end, ...plain }: AttemptChange): Partial<AttemptRow> {
  return {
    ...plain,
    ...(error !== undefined && { error: error && JSON.stringify(error) }),
    ...(end !== undefined && { end: end && JSON.stringify(end) }),
  };
}

export function attemptOfRow({ organisation: _, error, end, ...plain }: AttemptRow): Attempt {
  return {
    ...plain,
    error: error === null ? null : (JSON.parse(error) as AttemptError),
    end: end === null ? null : (JSON.parse(end) as HistoryEntry),
  };
}

export function eventOfRow({ data, ...plain }: Selectable<EventRow>): RunEvent {
  return { ...plain, data: JSON.parse(data) };
}

export function rowOfToken({ scopes, ...plain }: Token): TokenRow {
  return { ...plain, scopes: JSON.stringify(scopes) };
}

export function tokenOfRow({ scopes, ...plain }: TokenRow): Token {
  return { ...plain, scopes: JSON.parse(scopes) as Scope[] };
}

export function rowOfWebhook({ types, ...plain }: Webhook): WebhookRow {
  return { ...plain, types: types && JSON.stringify(types) };
}

export function rowOfWebhookChange({ types, ...plain }: WebhookChange): Partial<WebhookRow> {
  return { ...plain, ...(types !== undefined && { types: types && JSON.stringify(types) }) };
}

export function webhookOfRow({ types, disabled, ...plain }: WebhookRow): Webhook {
  return { ...plain, types: webhookTypesOf(types), disabled: disabled as Disabled | null };
}

export function webhookTypesOf(types: string | null): Webhook['types'] {
  return types === null ? null : (JSON.parse(types) as NonNullable<Webhook['types']>);
}

export function rowOfDelivery({ tries, ...plain }: Delivery): DeliveryRow {
  return { ...plain, tries: JSON.stringify(tries) };
}

export function deliveryOfRow({ type, state, tries, ...plain }: DeliveryRow): Delivery {
  return { ...plain, type: type as Delivery['type'], state: state as DeliveryState, tries: JSON.parse(tries) as Delivery['tries'] };
}

import type { CallbackType } from './callback.js';

/** A URL of an organisation that gets callbacks. */
export interface Webhook {
  /** A UUID. */
  id: string;
  organisation: string;
  url: string;
  /** `null`: all. */
  types: readonly CallbackType[] | null;
  /** Sealed. */
  secret: Uint8Array;
  /** Sealed: the secret before the last rotation. It signs too, until `previousUntil`. */
  previous: Uint8Array | null;
  previousUntil: number | null;
  createdAt: number;
  /** The first failed try since the last one that was answered with success; `null`: none has failed since. */
  failingSince: number | null;
  disabled: Disabled | null;
}

/** Why a webhook gets nothing: a person asked for it, its tries have failed for a day, or its receiver has answered 410. */
export const disabledReasons = ['asked', 'failing', 'gone'] as const;
export type Disabled = (typeof disabledReasons)[number];

export const deliveryStates = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** A callback on its way to a webhook. */
export interface Delivery {
  /** The `webhook-id` of all its tries. */
  id: string;
  webhook: string;
  type: CallbackType | typeof testType;
  /** `null`: of a test. */
  run: string | null;
  attempt: number;
  body: string;
  createdAt: number;
  state: DeliveryState;
  /** Failed tries since it was made, or sent again by hand. */
  failures: number;
  /** When the next try may begin; `null`: none follows. */
  nextAt: number | null;
  /** The last ones, the oldest first. */
  tries: readonly Try[];
}

export const testType = 'webhook.test';

export interface Try {
  at: number;
  /** How long it took. */
  ms: number;
  /** `null`: no answer. */
  status: number | null;
  error: string | null;
}

/** The end of a try. */
export interface Outcome extends Try {
  /** The receiver's own pause in milliseconds; `null`: it has named none. */
  retryAfter: number | null;
  /** From 0 to 1: the share of the jitter. */
  random: number;
}

export type WebhookChange = Partial<Pick<Webhook, 'url' | 'types' | 'secret' | 'previous' | 'previousUntil' | 'failingSince' | 'disabled'>>;

/** Webhooks, and the outbox of their deliveries. A run's change adds its deliveries in its own transaction. */
export interface Webhooks {
  /** @returns `false`, and nothing is stored: the organisation has `most` already */
  add(webhook: Webhook, most: number): Promise<boolean>;
  find(id: string): Promise<Webhook | null>;
  /** Oldest first. `organisation`: default: of all. */
  list(organisation?: string): Promise<Webhook[]>;
  /** @returns `null`: there is none */
  change(id: string, change: WebhookChange): Promise<Webhook | null>;
  /** Disables a webhook, and deletes it with its deliveries. */
  remove(id: string): Promise<boolean>;
  addDelivery(delivery: Delivery): Promise<void>;
  delivery(id: string): Promise<Delivery | null>;
  /** Newest first. `after`: the `next` of an earlier answer. */
  deliveries(query: DeliveryQuery): Promise<{ deliveries: Delivery[]; next: string | null }>;
  /** The pending deliveries of a webhook whose tries are next, first ones first. */
  pending(webhook: string, limit: number): Promise<Delivery[]>;
  /** Number of pending deliveries of all webhooks. */
  countPending(): Promise<number>;
  /**
   * Stores a try, and when the next one follows. A webhook that it disables is an event of the delivery's run.
   *
   * @returns the webhook after the try; `null`: it was deleted meanwhile, and nothing is stored
   */
  tried(delivery: string, outcome: Outcome): Promise<Webhook | null>;
  /** Makes a delivery pending, with a schedule that begins at a time. */
  redeliver(delivery: string, at: number): Promise<Delivery | null>;
  /**
   * Deletes deliveries that were made before a time, at most a few hundred. Those that are pending stay, unless their webhook is disabled.
   *
   * @returns their number; 0: none is left
   */
  removeDeliveries(before: number): Promise<number>;
}

export interface DeliveryQuery {
  webhook: string;
  state?: DeliveryState | undefined;
  after?: string | undefined;
  limit: number;
}

import type { ResultsLimits } from './results/room.js';

export interface ResultsSettings extends ResultsLimits {
  /** Where files are kept; `null`: beside the database. */
  directory: string | null;
  /** How long files are kept after they were collected, or published. Milliseconds. */
  retention: number;
  /** The most tries to publish. */
  tries: number;
  /** Where accepted results are published; `null`: they stay in the service. */
  publish: PublishSettings | null;
}

export type PublishSettings = { directory: string } | { bucket: BucketSettings };

/** A bucket of a service with the API of S3. */
export interface BucketSettings {
  /** Such as `https://s3.example.com`. */
  endpoint: string;
  name: string;
  region: string;
  /** The first part of the keys, without `/` at its ends; may be empty. */
  prefix: string;
}

/** Settings of the service. Times in milliseconds. */
export interface DispatchSettings {
  /** The most attempts of a run that does not name a number. */
  attempts: number;
  /** The shortest time between the begins of two attempts. */
  minRetryPeriod: number;
  /** The longest pause before an attempt. */
  maxRetryPeriod: number;
  /** Time after the last call of an attempt in which a call may still act, or a list may not show an object. Another attempt waits for it. */
  settling: number;
  /** Time after the fence of a worker whose node does not answer, before another attempt begins. It covers errors of the node's clock. */
  fenceMargin: number;
  /** Time between two looks at a node that reports no events. */
  pollPeriod: number;
  /** The most runs that one pass places. */
  batch: number;
  /** The most runs of a priority, of those that could use the same node, to which a start is promised. */
  depth: number;
  /** The most workers that are made at once on a node. */
  making: number;
  /** The most runs that wait, over all organisations. */
  mostWaiting: number;
  /** Bytes of the outputs of finished tasks that are kept for an organisation. */
  taskOutputs: number;
  /** How long a bid is held. */
  bidLife: number;
  /** How long a run is kept after its final state. */
  retention: number;
  /** How long before the end of its lease a run is reported as expiring. */
  expiring: number;
  webhooks: WebhookSettings;
  results: ResultsSettings;
}

export interface WebhookSettings {
  /** Networks that are not public and may be reached, in CIDR notation. */
  networks: readonly string[];
  /** Whether URLs may be `http:`. */
  http: boolean;
  /** How long a delivery is kept. */
  retention: number;
}

export const defaultDispatchSettings: DispatchSettings = {
  attempts: 3,
  minRetryPeriod: 10_000,
  maxRetryPeriod: 300_000,
  settling: 10_000,
  fenceMargin: 120_000,
  pollPeriod: 5_000,
  batch: 64,
  depth: 1,
  making: 16,
  mostWaiting: 100_000,
  taskOutputs: 10 * 2 ** 30,
  bidLife: 60_000,
  retention: 30 * 24 * 3_600_000,
  expiring: 300_000,
  webhooks: { networks: [], http: false, retention: 7 * 24 * 3_600_000 },
  results: {
    ...{ output: 10 * 2 ** 20, artifacts: 2 ** 30, files: 1000, total: 10 * 2 ** 30 },
    ...{ directory: null, retention: 7 * 24 * 3_600_000, tries: 10, publish: null },
  },
};

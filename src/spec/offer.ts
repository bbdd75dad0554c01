import type { Arch, BackendName, Resources } from './worker-spec.js';

/** A backend's answer to a spec. */
export interface Offer {
  backend: BackendName;
  /** What the backend is reached at (`unix:///var/run/docker.sock`, a directory): tells two of a kind apart. */
  endpoint: string;
  accepted: boolean;
  /** Why it is refused: plain sentences with what to do instead; empty when accepted. */
  reasons: string[];
  /** Limits of the spec that this backend can't enforce, a plain sentence each; `--strict` refuses them. */
  unenforced: string[];
  /** What is given instead of what is asked, a plain sentence each. */
  rounded: string[];
  /** What the reader should know and nothing refuses. */
  warnings: string[];
  /** `docker 28.2 (local)`. */
  title: string;
  arch: Arch;
  asks: Resources;
  /** What the host has in all; `null` where it can't be told. */
  has: { cpu: number; memory: number } | null;
  /** `null` where a worker costs nothing by itself, or nobody knows. */
  price: Price | null;
  facts: StackFacts;
  /** A keeper that lives in the backend itself, and goes on when every client is gone; its name. */
  keeper: string | null;
}

export interface Price {
  currency: 'USD';
  perHour: number;
  /** For all of `create_timeout + max_duration`. */
  most: number;
  /** Date of the price table. */
  asOf: string;
}

/** The few facts about a backend that a stack depends on. */
export interface StackFacts {
  /** Addresses at which a port published on the spec's `access.bind` is reached. */
  addresses: string[];
  /** The daemon can limit the size of volumes and writable layers. */
  quota: boolean;
  /**
   * Where an engine's socket is that it runs commands in its own containers with: a directory of the daemon's own machine, which holds
   * one for each worker, or a volume, for a keeper inside the daemon; `null` where there is neither.
   */
  exec: string | 'volume' | null;
  /** Process backend: the directory that holds its workers. */
  root: string | null;
  aws: AwsFacts | null;
}

/** Where on AWS a worker goes, and as what. */
export interface AwsFacts {
  region: string;
  account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  /** ARN of whoever asks, for a tag. */
  owner: string;
  /** The cluster's name. */
  cluster: string;
  vpc: string;
  subnets: string[];
  /** They reach the internet by a task's public address alone: those of a default VPC. */
  needsPublicAddress: boolean;
  shape: FargateShape;
}

/** A task's size as Fargate sells it. */
export interface FargateShape {
  /** Units: 1024 are a vCPU. */
  cpu: number;
  /** MiB. */
  memory: number;
  /** GiB of ephemeral storage; `null`: the 20 that every task has. */
  storage: number | null;
}

/** The directory that a worker's own socket is in; `null` where that is a volume, or nowhere. */
export function execDirectory({ exec }: StackFacts, worker: string): string | null {
  return exec === null || exec === 'volume' ? null : `${exec}/${worker}`;
}

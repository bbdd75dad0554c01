import type { Arch, BackendName, Resources } from './worker-spec.js';

/** A backend's answer to a spec. */
export interface Offer {
  backend: BackendName;
  /** Address of the backend (`unix:///var/run/docker.sock`, a directory). It distinguishes two backends of one kind. */
  endpoint: string;
  accepted: boolean;
  /** Reasons for the refusal, one sentence each with its remedy; empty when accepted. */
  reasons: string[];
  /** Limits of the spec that this backend cannot enforce, one sentence each; `--strict` refuses them. */
  unenforced: string[];
  /** Differences between the sizes asked for and the sizes given, one sentence each. */
  rounded: string[];
  /** Warnings, which no command refuses. */
  warnings: string[];
  /** `docker 28.2 (local)`. */
  title: string;
  arch: Arch;
  /** Resources that the whole worker needs. */
  asks: Resources;
  /** All resources of the host: millicores and MB; `null` where unknown. */
  has: { cpu: number; memory: number } | null;
  /** `null` where a worker costs nothing by itself, or its price is unknown. */
  price: Price | null;
  facts: StackFacts;
  /** Name of a keeper that runs in the backend itself, even when no client is left; `null` without one. */
  keeper: string | null;
}

export interface Price {
  currency: 'USD';
  perHour: number;
  /** The highest cost: for all of `create_timeout + max_duration`. */
  most: number;
  /** Date of the price table. */
  asOf: string;
}

/** Facts about a backend that a stack depends on. */
export interface StackFacts {
  /** Addresses at which clients reach a port published on the spec's `access.bind`. */
  addresses: string[];
  /** The daemon can limit the size of volumes and writable layers. */
  quota: boolean;
  /**
   * Place of the sockets through which engines run commands in their containers: a directory on the daemon's machine, with one
   * subdirectory for each worker; `volume` for a keeper inside the daemon; `null` where there is neither.
   */
  exec: string | 'volume' | null;
  /** Process backend: the directory that holds its workers. */
  root: string | null;
  aws: AwsFacts | null;
}

/** Place and size of a worker on AWS. */
export interface AwsFacts {
  region: string;
  account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
  /** ARN of the caller, for a tag. */
  owner: string;
  /** The cluster's name. */
  cluster: string;
  vpc: string;
  subnets: string[];
  /** Tasks in these subnets need a public address to reach the internet, as in a default VPC. */
  needsPublicAddress: boolean;
  shape: FargateShape;
}

/** A task size that Fargate offers. */
export interface FargateShape {
  /** CPU units: 1024 are one vCPU. */
  cpu: number;
  /** MiB. */
  memory: number;
  /** GiB of ephemeral storage; `null`: the default of 20. */
  storage: number | null;
}

/** The directory of a worker's own socket; `null` where the socket is in a volume, or there is none. */
export function execDirectory({ exec }: StackFacts, worker: string): string | null {
  return exec === null || exec === 'volume' ? null : `${exec}/${worker}`;
}

import { MayflyError } from '../errors.js';
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
  facts: Facts;
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

/** Facts about a node that a stack depends on. Each backend adds its own; `kind` says whose they are. */
export interface Facts {
  kind: BackendName;
  /** Addresses at which clients reach a port published on the spec's `access.bind`. */
  addresses: string[];
}

/** An offer's facts as those of one kind of backend. @throws MayflyError `stack_invalid` for another backend's */
export function factsOf<F extends Facts>({ facts }: Pick<Offer, 'facts'>, kind: F['kind']): F {
  if (facts.kind === kind) return facts as F;
  throw new MayflyError('stack_invalid', { cause: `the offer is of ${facts.kind}, and the stack of ${kind}` });
}

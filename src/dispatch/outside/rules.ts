/** What an organisation or a node allows. Everything is refused by default, except images: without a list all are allowed. */
export interface Allowances {
  /** Lists of images. An image must be on each of them; no list: all images. See `isListed` for the form of an entry. */
  images: readonly (readonly string[])[];
  /** Backends whose workers are programs of the server's own user. */
  processes: boolean;
  /** Ports that other machines can reach: an `access.bind` other than loopback, `access.cidrs` and `access.public`. */
  exposed: boolean;
  /** Fixed ports on the host: `ports[].host`. */
  host_ports: boolean;
  /** Caches. All organisations that name a cache on a node share its content. */
  caches: boolean;
}

/** The rules for one request. */
export interface OutsideRules extends Allowances {
  /** The organisation of the request's token. It replaces the spec's `organization_id`. */
  organisation: string;
  /** Kinds of backends and names of nodes that `backend` may have. */
  backends: readonly string[];
  /** Those of them whose workers are programs of the server's own user (`Entry.asUser`). */
  as_user: readonly string[];
  /** Whether the request has a command, after which the service collects artifacts. */
  collects: boolean;
  /** The setting MELODIUM_IMAGES_PULL_SOURCE of the server. */
  melodium_images: string | undefined;
}

export const nothingAllowed: Allowances = { images: [], processes: false, exposed: false, host_ports: false, caches: false };

/** A permission of either is enough. The lists of images of both hold. */
export function combined(one: Allowances, other: Allowances): Allowances {
  return {
    images: [...one.images, ...other.images],
    processes: one.processes || other.processes,
    exposed: one.exposed || other.exposed,
    host_ports: one.host_ports || other.host_ports,
    caches: one.caches || other.caches,
  };
}

import { isLoopback } from '../spec/melodium.js';
import { kindOf } from '../spec/node-name.js';
import { everyContainer, type WorkerSpec } from '../spec/worker-spec.js';
import { isListed } from './outside/image-list.js';
import { type Allowances, combined, nothingAllowed, type OutsideRules } from './outside/rules.js';

export interface PolicyNode {
  name: string;
  /** Its workers have the rights of the service's own user. */
  asUser: boolean;
  allow: Allowances;
}

export interface PolicyParts {
  nodes: readonly PolicyNode[];
  organisations: ReadonlyMap<string, { allow: Allowances }>;
  /** The setting MELODIUM_IMAGES_PULL_SOURCE. */
  melodiumImages: string | undefined;
}

/** Permissions of organisations on nodes. */
export class Policy {
  constructor(private readonly parts: PolicyParts) {}

  /** The rules for a request. `collects`: see `OutsideRules`. A spec that they accept is allowed on at least one kind of node, but not on each: see `reasons`. */
  rulesOf(organisation: string, collects = false): OutsideRules {
    const { nodes, melodiumImages } = this.parts;
    const named = (some: readonly PolicyNode[]) => [...new Set(some.flatMap(({ name }) => [kindOf(name), name]))];
    return {
      ...combined(this.allowOf(organisation), anyOf(nodes.map(({ allow }) => allow))),
      ...{ organisation, collects },
      backends: named(nodes),
      as_user: named(nodes.filter(({ asUser }) => asUser)),
      melodium_images: melodiumImages,
    };
  }

  /** Reasons why a node may not take a spec; empty: it may. The spec has its organisation. */
  reasons(node: string, spec: WorkerSpec): string[] {
    const found = this.parts.nodes.find(({ name }) => name === node);
    if (!found) return ['is not in the settings any more'];
    if (spec.backend !== null && spec.backend !== node && spec.backend !== kindOf(node))
      return [`the spec names the backend ${spec.backend}`];
    return missing(spec, combined(this.allowOf(spec.organization_id ?? ''), found.allow), found);
  }

  private allowOf(organisation: string): Allowances {
    return this.parts.organisations.get(organisation)?.allow ?? nothingAllowed;
  }
}

function missing(spec: WorkerSpec, allow: Allowances, { asUser }: PolicyNode): string[] {
  const { access, ports, caches } = spec;
  const exposed = !isLoopback(access.bind) || access.cidrs.length > 0 || access.public;
  const needs = { processes: asUser, exposed, host_ports: ports.some(({ host }) => host !== null), caches: caches.length > 0 };
  const unlisted = imagesOf(spec).filter((image) => !allow.images.every((list) => isListed(image, list)));
  return [
    ...Object.entries(needs).flatMap(([permission, needed]) =>
      needed && !allow[permission as keyof typeof needs] ? [`neither the node nor the organisation allows \`${permission}\``] : [],
    ),
    ...unlisted.map((image) => `the image ${image} is not allowed there`),
  ];
}

function imagesOf(spec: WorkerSpec): string[] {
  return [spec.engine?.image, spec.melodium?.image, ...everyContainer(spec).map(({ image }) => image)].filter((image) => image != null);
}

/** A permission of one is enough. An image must be on the list of one, if all have a list. */
function anyOf(all: readonly Allowances[]): Allowances {
  const some = (permission: Exclude<keyof Allowances, 'images'>) => all.some((one) => one[permission]);
  const lists = all.map(({ images }) => images);
  return {
    images: lists.length === 0 || lists.some(({ length }) => length === 0) ? [] : [lists.flat(2)],
    processes: some('processes'),
    exposed: some('exposed'),
    host_ports: some('host_ports'),
    caches: some('caches'),
  };
}

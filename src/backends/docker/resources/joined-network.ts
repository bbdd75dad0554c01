import type { Value } from '../../../plan/resource-schema.js';
import type { ContainerInspect } from '../api-types.js';

/** Prefix of a network mode whose namespace is dead: `dead since the restart of container:4f5e…`. */
const prefix = 'dead since the restart of ';

/** The container whose network namespace this one has joined; `null` if it has its own. */
export function joinedBy({ HostConfig: { NetworkMode: mode } }: Pick<ContainerInspect, 'HostConfig'>): string | null {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : null;
}

/**
 * Whether a container is in a dead network namespace: the container that it joined was restarted later, and has a new namespace. Both times are
 * of the daemon's clock. Pure.
 */
export function isCutOff({ State: own }: Pick<ContainerInspect, 'State'>, joined: Pick<ContainerInspect, 'State'> | null): boolean {
  return own.Running && joined !== null && joined.State.Running && Date.parse(joined.State.StartedAt) > Date.parse(own.StartedAt);
}

/** The network mode of such a container in a plan: it differs from the wanted one. */
export function cutOffMode(mode: string): string {
  return prefix + mode;
}

export function isCutOffMode(mode: Value): boolean {
  return typeof mode === 'string' && mode.startsWith(prefix);
}

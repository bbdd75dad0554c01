import { unknown } from '../../../plan/values.js';
import type { Attributes, Value } from '../../../plan/resource-schema.js';
import type { ContainerInspect } from '../api-types.js';
import { readHealthcheck } from './container-read.js';

/** The part of an image's configuration that its containers take over. */
export interface ImageConfig extends Partial<Pick<ContainerInspect['Config'], 'Env' | 'Cmd' | 'Entrypoint' | 'User' | 'WorkingDir'>> {
  Healthcheck?: ContainerInspect['Config']['Healthcheck'] | null;
  StopSignal?: string | undefined;
}

/**
 * A container's configured attributes as the daemon completes them from its image (`merge` in moby's runconfig). What a daemon's own
 * defaults decide (log driver, shared memory) is not in it.
 */
export function completeFrom(image: ImageConfig, id: string, configured: Attributes): Attributes {
  const get = (key: string) => configured[key] ?? null;
  const isOwn = (key: string) => !isNothing(get(key));
  const ofImage: Attributes = {
    // An entrypoint of the container's own means that the image's command is not its arguments.
    command: isOwn('entrypoint') ? [] : (image.Cmd ?? []),
    entrypoint: image.Entrypoint ?? [],
    user: image.User ?? '',
    working_dir: image.WorkingDir ?? '',
    stop_signal: image.StopSignal ?? '',
    healthcheck: null,
    ...(hasOwnName(get('network_mode')) && { hostname: id.slice(0, 12) }),
  };
  const missing = Object.entries(ofImage).filter(([key]) => !isOwn(key));
  return { ...configured, ...Object.fromEntries(missing), ...checkFrom(image, get('healthcheck')) };
}

/** A container that joins another's network has the hostname of that one. */
function hasOwnName(networkMode: Value): boolean {
  return networkMode !== unknown && networkMode !== 'host' && !String(networkMode).startsWith('container:');
}

/** Of a healthcheck each member that says nothing is the image's. */
function checkFrom({ Healthcheck: check }: ImageConfig, configured: Value): Attributes {
  const [ofImage] = (readHealthcheck(check ?? undefined) ?? []) as Attributes[];
  const [own] = (configured ?? []) as Attributes[];
  if (!ofImage || !own) return { healthcheck: ofImage ? [ofImage] : configured };
  const members = Object.entries(own).map(([key, value]) => [key, isNothing(value) ? (ofImage[key] ?? value) : value]);
  return { healthcheck: [Object.fromEntries(members)] };
}

function isNothing(value: Value): boolean {
  return value === null || value === '' || value === 0 || value === '0s' || (Array.isArray(value) && value.length === 0);
}

import { unknown } from '../../../plan/values.js';
import type { Attributes, Value } from '../../../plan/resource-schema.js';
import type { ContainerInspect } from '../api-types.js';
import { readHealthcheck } from './container-read.js';

/** The part of an image's configuration that its containers inherit. */
export interface ImageConfig extends Partial<Pick<ContainerInspect['Config'], 'Env' | 'Cmd' | 'Entrypoint' | 'User' | 'WorkingDir'>> {
  Healthcheck?: ContainerInspect['Config']['Healthcheck'] | null;
  StopSignal?: string | undefined;
}

/**
 * Completes a container's configured attributes from its image, like the daemon (`merge` in moby's runconfig). The daemon's own defaults (log
 * driver, shared memory) are not included.
 */
export function completeFrom(image: ImageConfig, id: string, configured: Attributes): Attributes {
  const get = (key: string) => configured[key] ?? null;
  const isOwn = (key: string) => !isNothing(get(key));
  const ofImage: Attributes = {
    // If the container has its own entrypoint, the image's command is not used.
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

/** Whether a container has its own hostname. If it joins another's network, it has the hostname of that container. */
function hasOwnName(networkMode: Value): boolean {
  return networkMode !== unknown && networkMode !== 'host' && !String(networkMode).startsWith('container:');
}

/** Completes a healthcheck: empty members are taken from the image. */
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

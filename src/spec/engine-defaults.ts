import { asImage, type ContainerSpec, type EngineSpec } from './worker-spec.js';

/** Keeps a container running until it is ended. TERM ends the shell at once; the container's init collects ended processes. */
export const idle = { entrypoint: ['sh', '-c'], command: ["trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"] };

/** Millicores and MB of an engine without sizes of its own. */
export const engineSize = { cpu: 500, memory: 512 };
/** Millicores and MB of an engine that only waits. */
export const idleSize = { cpu: 50, memory: 32 };

/**
 * An engine that only waits, from the image of the first container. Without the healthcheck of that image, which is for the image's own
 * command.
 */
export function idleEngine([first]: readonly ContainerSpec[]): EngineSpec {
  const { image, pull_secret } = first ?? { image: null, pull_secret: null };
  return { ...asImage, ...idle, image, pull_secret, env: {}, secret_env: [], port: null, healthcheck: 'none', exec: false };
}

/** Whether an engine is `idle`: its command ends by a signal only. */
export function onlyWaits({ entrypoint, command }: EngineSpec): boolean {
  return String(entrypoint) === String(idle.entrypoint) && String(command) === String(idle.command);
}

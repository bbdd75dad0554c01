import { asImage, type EngineSpec, type WorkerSpec } from './worker-spec.js';

/** Port of the Mélodium distribution engine. */
export const melodiumPort = 8080;

/** The path of the service below which Mélodium's clients find their API: the end of their `MELODIUM_API_URL`. */
export const melodiumApi = '/0.1';

/** Seconds beyond `create_timeout` that the engine waits for its first connection. It then exits with 0. */
const extraWait = 60;

/**
 * The image of a Mélodium version. Versions 0.10 have one image for each edition, later ones have `alpine` only. `scratch` is replaced by
 * `alpine`, because it has no shell and no Docker client.
 */
export function melodiumImage(version: string, edition: string | null, env: Record<string, string | undefined>): string {
  const source = (env['MELODIUM_IMAGES_PULL_SOURCE'] || 'quay.io/melodium').replace(/\/+$/, '');
  const chosen = /^0\.10(\.|-|$)/.test(version) && edition !== null && edition !== 'scratch' ? edition : 'alpine';
  return `${source}/melodium:${version}-${chosen}-docker`;
}

/**
 * A worker's engine as a backend runs it: the spec's own, or the Mélodium engine. `longest`: the longest possible lease in seconds. The
 * Mélodium engine's own timer gets this value: it is a last resort, because the engine ends with its worker.
 */
export function engineOf(spec: WorkerSpec, contained: boolean, longest: number): EngineSpec {
  return spec.engine ?? melodiumEngine(spec, contained, longest);
}

/** The port at which clients reach the engine; `null` if it has none. */
export function enginePort(spec: Pick<WorkerSpec, 'engine'>): number | null {
  return spec.engine ? spec.engine.port : melodiumPort;
}

/** Whether the engine runs commands in its worker's containers. */
export function engineExecs(spec: Pick<WorkerSpec, 'engine' | 'containers'>): boolean {
  return spec.engine ? spec.engine.exec : spec.containers.length > 0;
}

export function isLoopback(bind: string): boolean {
  return bind === '::1' || bind.startsWith('127.');
}

/** Reasons why no backend can run this spec's Mélodium engine, one sentence each. */
export function melodiumMissing({ melodium }: Pick<WorkerSpec, 'melodium'>): string[] {
  if (melodium?.image) return [];
  return ['the spec has neither an engine of its own nor a version of the Mélodium engine: add `engine` or `version`'];
}

/** Reasons why a backend that publishes the port on `access.bind` cannot run the spec, including the reasons of `melodiumMissing`. */
export function melodiumRefusals(spec: WorkerSpec): string[] {
  const { access } = spec;
  const reasons = melodiumMissing(spec);
  if (access.tls && !isLoopback(access.bind)) {
    reasons.push(
      `the Mélodium engine's certificate is valid for 127.0.0.1 and ::1 only, but access.bind is ${access.bind}: set access.bind: 127.0.0.1, or access.tls: false`,
    );
  }
  return reasons;
}

function melodiumEngine(spec: WorkerSpec, contained: boolean, longest: number): EngineSpec {
  const args = [
    ...['dist', '--ip', contained ? '0.0.0.0' : spec.access.bind, '--port', String(melodiumPort)],
    ...['--wait', String(spec.create_timeout + extraWait), '--duration', String(longest)],
    // The engine's own certificate is valid for the loopback addresses only.
    ...(spec.access.tls ? ['--localhost'] : ['--disable-tls', '--allow-plain-tcp']),
  ];
  return {
    image: contained ? (spec.melodium?.image ?? null) : null,
    command: contained ? args : ['melodium', ...args],
    ...asImage,
    env: contained ? executorEnv(spec) : {},
    port: melodiumPort,
    healthcheck: null,
    secret_env: [],
    exec: engineExecs(spec),
    pull_secret: null,
  };
}

/** Variables that list the worker's containers and volumes for the engine's executors. The backend adds the containers' full names. */
function executorEnv({ containers, service_containers, volumes }: WorkerSpec): Record<string, string> {
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name).join(',');
  return {
    MELODIUM_RUN_EXECUTOR: 'docker',
    MELODIUM_RUN_CONTAINERS: names(containers),
    MELODIUM_RUN_SERVICE_CONTAINERS: names(service_containers),
    MELODIUM_RUN_VOLUMES: names(volumes),
    ...Object.fromEntries(volumes.map(({ name }) => [`MELODIUM_RUN_VOLUME_${name}`, `/media/${name}`])),
  };
}

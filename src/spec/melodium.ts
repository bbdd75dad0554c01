import type { BackendName, EngineSpec, WorkerSpec } from './worker-spec.js';

/** The port its distribution engine is told to listen on. */
const port = 8080;

/** Seconds it waits for its first connection beyond the time it may take to get ready; it exits with 0 after. */
const extraWait = 60;

/** The image of a version: one edition since 0.11, before that one an edition, `scratch` having no shell and no Docker client. */
export function melodiumImage(version: string, edition: string | null, env: Record<string, string | undefined>): string {
  const source = (env['MELODIUM_IMAGES_PULL_SOURCE'] || 'quay.io/melodium').replace(/\/+$/, '');
  const chosen = /^0\.10(\.|-|$)/.test(version) && edition !== null && edition !== 'scratch' ? edition : 'alpine';
  return `${source}/melodium:${version}-${chosen}-docker`;
}

/**
 * A worker's engine, whichever it is, as a backend runs it. `longest`: seconds that a lease may be extended to, which is how long a
 * Mélodium engine may work: it ends with its worker, its own timer only lets go of what nobody else did.
 */
export function engineOf(spec: WorkerSpec, backend: BackendName, longest: number): EngineSpec {
  return spec.engine ?? melodiumEngine(spec, backend, longest);
}

/** The port that the engine is reached at; `null` for one that isn't. */
export function enginePort(spec: Pick<WorkerSpec, 'engine'>): number | null {
  return spec.engine ? spec.engine.port : port;
}

/** Whether the engine runs commands in its worker's containers. */
export function engineExecs(spec: Pick<WorkerSpec, 'engine' | 'containers'>): boolean {
  return spec.engine ? spec.engine.exec : spec.containers.length > 0;
}

export function isLoopback(bind: string): boolean {
  return bind === '::1' || bind.startsWith('127.');
}

/** Why no backend can run the Mélodium engine of this spec, a plain sentence each. */
export function melodiumMissing({ melodium }: Pick<WorkerSpec, 'melodium'>): string[] {
  if (melodium?.image) return [];
  return ['the spec has no engine of its own, and no version of the Mélodium engine: add `engine` or `version`'];
}

/** Why a backend that publishes its port at `access.bind` can't, either. */
export function melodiumRefusals(spec: WorkerSpec): string[] {
  const { access } = spec;
  const reasons = melodiumMissing(spec);
  if (access.tls && !isLoopback(access.bind)) {
    reasons.push(
      `the Mélodium engine's certificate is for 127.0.0.1 and ::1 alone, and access.bind is ${access.bind}: bind it to 127.0.0.1, or say access.tls: false`,
    );
  }
  return reasons;
}

function melodiumEngine(spec: WorkerSpec, backend: BackendName, longest: number): EngineSpec {
  // In a container; on the process backend it is a program of this machine.
  const contained = backend !== 'process';
  const args = [
    ...['dist', '--ip', contained ? '0.0.0.0' : spec.access.bind, '--port', String(port)],
    ...['--wait', String(spec.create_timeout + extraWait), '--duration', String(longest)],
    // Its own certificate is for the loopback addresses alone.
    ...(spec.access.tls ? ['--localhost'] : ['--disable-tls', '--allow-plain-tcp']),
  ];
  return {
    image: contained ? (spec.melodium?.image ?? null) : null,
    command: contained ? args : ['melodium', ...args],
    env: contained ? executorEnv(spec) : {},
    port,
    healthcheck: null,
    secret_env: [],
    exec: engineExecs(spec),
    pull_secret: null,
  };
}

/** Which containers and volumes there are, as the engine's executors look for them. Containers' full names are the backend's. */
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

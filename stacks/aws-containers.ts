import { secretKey, streamPrefix } from '../src/backends/aws/names.js';
import { ecsHealth } from '../src/backends/aws/names.js';
import { labelKeys } from '../src/labels.js';
import {
  checkOf,
  type ContainerSpec,
  engineName,
  type EngineSpec,
  type HealthcheckSpec,
  type WorkerSpec,
} from '../src/spec/worker-spec.js';
import { idle } from '../src/spec/engine-defaults.js';
import { literal, literals } from './common.js';

/** Seconds between TERM and KILL when a container ends. */
const grace = 10;

/** References of the stack for the containers' definitions. */
export interface TaskReferences {
  region: string;
  logGroup: string;
  /** The engine's own variables. Values of `secrets` are keys in the worker's secret. */
  engine: { env: Record<string, string>; secrets: Record<string, string> };
  secret: string;
  /** ARNs of secrets with a registry's credentials, by container. */
  pull: ReadonlyMap<string, string>;
  secretsVersion: string;
}

interface Part extends Pick<
  ContainerSpec,
  'name' | 'image' | 'command' | 'entrypoint' | 'working_dir' | 'user' | 'env' | 'secret_env' | 'cpu' | 'memory'
> {
  healthcheck: HealthcheckSpec | null;
  mounts: { name: string; mount_point: string }[];
  port: number | null;
  essential: boolean;
  once: boolean;
  after: Record<string, 'HEALTHY' | 'START'>;
}

/** The definitions of all containers in a worker's task, the engine first: a JSON text that holds references of the stack. */
export function containerDefinitions(spec: WorkerSpec, engine: EngineSpec, references: TaskReferences): string {
  const services = spec.service_containers.map((one) => partOf(one, false));
  const after = Object.fromEntries(
    services.map(({ name, healthcheck }) => [name, healthcheck ? ('HEALTHY' as const) : ('START' as const)]),
  );
  const all = [enginePart(spec, engine, after), ...spec.containers.map((one) => partOf(one, true)), ...services];
  return JSON.stringify(all.map((part) => definition(part, references)));
}

function enginePart(spec: WorkerSpec, engine: EngineSpec, after: Part['after']): Part {
  return {
    ...engine,
    name: engineName,
    cpu: spec.cpu,
    memory: spec.memory,
    healthcheck: checkOf(engine) ?? (engine.port === null ? null : listens(engine.port)),
    mounts: spec.volumes.map(({ name }) => ({ name, mount_point: `/media/${name}` })),
    essential: true,
    once: false,
    after,
  };
}

function partOf(container: ContainerSpec, executor: boolean): Part {
  const waiting = executor && !container.command && !container.entrypoint ? idle : {};
  return { ...container, ...waiting, healthcheck: checkOf(container), port: null, essential: false, after: {} };
}

/**
 * A check inside the container whether the engine listens, without a connection. After the first success it always succeeds: ECS repeats
 * the check for the whole life of the task, and must not end an engine that is busy with its only client.
 */
function listens(port: number): HealthcheckSpec {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const seen = '/dev/shm/.mayfly-listens';
  const listening = `cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ':${hex} [0-9A-F]*:0000 0A'`;
  const command = ['CMD-SHELL', `test -e ${seen} || (${listening} && : > ${seen})`];
  return { command, interval: 5, timeout: 5, retries: 10, start_period: 300 };
}

function definition(part: Part, references: TaskReferences): Record<string, unknown> {
  const { name, image, command, entrypoint, working_dir, user, mounts, port, essential, after, healthcheck } = part;
  const isEngine = name === engineName;
  const secret = new Set(part.secret_env);
  // A name may be in only one of the two lists. mayfly's variables for the engine replace those of the spec.
  const ours = isEngine ? references.engine : { env: {}, secrets: {} };
  const own = Object.entries(part.env).filter(([key]) => !Object.hasOwn(ours.env, key) && !Object.hasOwn(ours.secrets, key));
  const env = { ...Object.fromEntries(own.flatMap(([key, value]) => (secret.has(key) ? [] : [[key, literal(value)]]))), ...ours.env };
  const secrets = {
    ...Object.fromEntries(own.flatMap(([key]) => (secret.has(key) ? [[key, secretKey(name, key)]] : []))),
    ...ours.secrets,
  };
  const pull = references.pull.get(name);
  return {
    name,
    image: literal(image ?? ''),
    essential,
    cpu: Math.max(2, Math.floor((part.cpu * 1024) / 1000)),
    memory: part.memory,
    memoryReservation: part.memory,
    ...(entrypoint && { entryPoint: literals(entrypoint) }),
    ...(command && { command: literals(command) }),
    ...(working_dir !== null && { workingDirectory: literal(working_dir) }),
    ...(user !== null && { user }),
    environment: sorted(env).map(([key, value]) => ({ name: key, value })),
    secrets: sorted(secrets).map(([key, of]) => ({ name: key, valueFrom: `${references.secret}:${of}::` })),
    mountPoints: mounts.map((mount) => ({ sourceVolume: mount.name, containerPath: literal(mount.mount_point), readOnly: false })),
    portMappings: port === null ? [] : [{ containerPort: port, hostPort: port, protocol: 'tcp' }],
    dependsOn: sorted(after).map(([containerName, condition]) => ({ containerName, condition })),
    ...(healthcheck && { healthCheck: healthCheck(healthcheck) }),
    ...(pull !== undefined && { repositoryCredentials: { credentialsParameter: pull } }),
    // A changed secret needs a new task, because a running task has read the secret at its start.
    dockerLabels: { 'dev.mayfly.secrets': references.secretsVersion, ...(part.once && { [labelKeys.once]: 'true' }) },
    linuxParameters: { initProcessEnabled: true },
    stopTimeout: grace,
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': references.logGroup, 'awslogs-region': references.region, 'awslogs-stream-prefix': streamPrefix },
    },
  };
}

function healthCheck(check: HealthcheckSpec): Record<string, unknown> {
  const { command, interval, timeout, retries, start_period } = ecsHealth(check);
  return { command: literals(command), interval, timeout, retries, startPeriod: start_period };
}

function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

import { Container, type ContainerConfig } from '@cdktf/provider-docker/lib/container/index.js';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { Volume, type VolumeConfig } from '@cdktf/provider-docker/lib/volume/index.js';
import type { Construct } from 'constructs';
import { type Labels, labelKeys } from '../src/labels.js';
import { cpuTerms } from '../src/spec/cpu-limit.js';
import { formatCpus } from '../src/spec/cpus.js';
import { dockerFacts, execDirectory, execVolume, objectName, overlayIds, socketDirectory } from '../src/backends/docker/names.js';
import { formatGoDuration } from '../src/spec/go-duration.js';
import { idle } from '../src/spec/engine-defaults.js';
import { engineOf } from '../src/spec/melodium.js';
import { unitsOf } from '../src/spec/units.js';
import {
  cacheVariable,
  type ContainerSpec,
  engineName,
  type HealthcheckSpec,
  type RunningSpec,
  type SourceSpec,
  type VolumeSpec,
  type WorkerSpec,
  everyContainer,
  graceSeconds,
} from '../src/spec/worker-spec.js';
import { giveFiles } from './docker-files.js';
import { constructId, literal, literals, named, type StackInput, WorkerStack } from './common.js';

/** The bridge that the engines of all workers on a daemon join. It is not in the stack: mayfly makes it when it is missing. */
export const bridge = 'mayfly';

type Size = Pick<ContainerSpec, 'cpu' | 'cpu_limit' | 'memory' | 'storage'>;

const socketFile = `${socketDirectory}/docker.sock`;

/** A worker on Docker: one container for the engine, the others in its network namespace, and the volumes they share. */
export class DockerStack extends WorkerStack {
  constructor(scope: Construct, input: StackInput) {
    super(scope, input);
    const { spec } = input;
    new DockerProvider(this, 'docker');
    const caches = this.cacheMounts();
    const volumes = new Map(spec.volumes.map((volume) => [volume.name, this.volume(volume)]));
    const named = everyContainer(spec);
    const engine = engineOf(spec, true, input.longest);
    const socket = engine.exec ? this.execSocket() : null;
    const published = publishedPorts(spec, engine.port);
    const external = (port: number) =>
      `\${docker_container.engine.ports[${published.findIndex(({ internal }) => internal === port)}].external}`;
    const engineContainer = this.container(engineName, {
      ...this.common(engineName, spec, socket?.labels),
      image: literal(engine.image ?? ''),
      ...run(engine, true),
      ...settings(engine),
      env: envList({
        ...escaped(engine.env),
        ...this.engineEnv(),
        ...this.fullNames(),
        ...(socket && { DOCKER_HOST: `unix://${socketFile}` }),
      }),
      networkMode: bridge,
      host: named.map(({ name }) => ({ host: name, ip: '127.0.0.1' })),
      ...(published.length > 0 && { ports: published }),
      ...(engine.healthcheck && { healthcheck: healthcheck(engine.healthcheck) }),
      volumes: [
        ...spec.volumes.map(({ name }) => ({ containerPath: `/media/${name}`, volumeName: volumes.get(name)!.name })),
        ...(caches[engineName] ?? []),
        ...(socket ? [{ containerPath: socketDirectory, readOnly: true, ...socket.mount }] : []),
      ],
    });
    giveFiles(engineContainer, engine);
    for (const container of named) {
      const made = this.container(container.name, {
        ...this.common(container.name, container, container.once ? { [labelKeys.once]: 'true' } : {}),
        ...run(container, spec.service_containers.includes(container)),
        ...settings(container),
        image: literal(container.image ?? ''),
        // MAYFLY_ONCE: a change of `once` changes the environment, so the container is replaced.
        env: envList({ ...escaped(container.env), ...(container.once && { MAYFLY_ONCE: 'true' }) }),
        ...(container.once && { mustRun: false }),
        networkMode: `container:${engineContainer.id}`,
        ...(container.healthcheck && { healthcheck: healthcheck(container.healthcheck) }),
        volumes: [
          ...container.mounts.map(({ name, mount_point }) => ({
            containerPath: literal(mount_point),
            volumeName: volumes.get(name)!.name,
          })),
          ...(caches[container.name] ?? []),
          ...container.sources.map((source, index) => this.source(container, source, index)),
        ],
      });
      giveFiles(made, container);
    }
    this.access(engine.port === null ? null : external(engine.port));
    this.publishedPorts(({ port }) => external(port));
  }

  /** Full names of the containers for `docker exec`, for the executors of a Mélodium engine. */
  private fullNames(): Record<string, string> {
    const { spec } = this.input;
    if (spec.engine !== null) return {};
    const named = (prefix: string, all: readonly { name: string }[]) =>
      all.map(({ name }) => [`${prefix}_${name}`, objectName(spec.name, name)]);
    return Object.fromEntries([
      ...named('MELODIUM_RUN_CONTAINER', spec.containers),
      ...named('MELODIUM_RUN_SERVICE_CONTAINER', spec.service_containers),
    ]);
  }

  /**
   * Mount of the worker's own exec socket. Its directory is mounted, not the socket itself, so that a restarted keeper can make a new socket.
   * With a daemon on this machine it is a directory; otherwise it is a volume that a keeper inside the daemon can reach.
   */
  private execSocket(): { mount: { hostPath: string } | { volumeName: string }; labels: Labels } {
    const { spec, offer } = this.input;
    const hostPath = execDirectory(dockerFacts(offer), spec.name);
    if (hostPath !== null) return { mount: { hostPath }, labels: { [labelKeys.exec]: literal(hostPath) } };
    const volume = this.volumeOf(execVolume, this.labels('docker_volume', execVolume));
    return { mount: { volumeName: volume.name }, labels: { [labelKeys.exec]: objectName(spec.name, execVolume) } };
  }

  /** Mounts of caches by container. A cache is in no stack; a variable has its volume, or that of the worker's copy. */
  private cacheMounts(): Record<string, { containerPath: string; volumeName: string }[]> {
    const mounts: ReturnType<DockerStack['cacheMounts']> = Object.create(null);
    for (const cache of this.input.spec.caches) {
      const volume = this.variable(cacheVariable(cache.name), `The volume of the cache ${cache.name}, or of this worker's copy.`);
      (mounts[cache.in] ??= []).push({ containerPath: literal(cache.to), volumeName: volume.stringValue });
    }
    return mounts;
  }

  /** Mount of a path of the user's machine: as it is, or with an overlay whose upper layer is in volumes of the worker. */
  private source(container: ContainerSpec, { source, mount_point, read_only, copy_on_write }: SourceSpec, index: number) {
    const containerPath = literal(mount_point);
    if (!copy_on_write) return { containerPath, hostPath: literal(source), ...(read_only && { readOnly: true }) };
    const ids = overlayIds(container.name, index);
    // Only writes count: the volume of the overlay has options, and the daemon measures no such volume.
    const upper = this.volumeOf(ids.upper, { ...this.labels('docker_volume', ids.upper), ...this.watched(container.storage) });
    const work = this.volumeOf(ids.work, this.labels('docker_volume', ids.work));
    const o = `lowerdir=${literal(source)},upperdir=${upper.mountpoint},workdir=${work.mountpoint}`;
    const overlay = this.volumeOf(ids.overlay, this.labels('docker_volume', ids.overlay), {
      driverOpts: { type: 'overlay', device: 'overlay', o },
    });
    return { containerPath, volumeName: overlay.name };
  }

  private volume({ name, storage, medium }: VolumeSpec): Volume {
    const sized =
      medium === 'memory'
        ? { type: 'tmpfs', device: 'tmpfs', o: `size=${storage}m` }
        : dockerFacts(this.input.offer).quota
          ? { size: `${storage}M` }
          : undefined;
    const labels = { ...this.labels('docker_volume', name), ...(medium === 'disk' && this.watched(storage)) };
    return this.volumeOf(name, labels, sized && { driverOpts: sized });
  }

  private volumeOf(id: string, labels: Labels, more: Partial<VolumeConfig> = {}): Volume {
    const config: VolumeConfig = {
      name: objectName(this.input.spec.name, id),
      driver: 'local',
      ...more,
      labels: labelList(labels),
      lifecycle: { ignoreChanges: ['labels'] },
    };
    return named(new Volume(this, constructId(id), config), id);
  }

  private container(id: string, config: ContainerConfig): Container {
    return named(new Container(this, constructId(id), config), id);
  }

  private common(id: string, size: Size, labels: Labels = {}): Omit<ContainerConfig, 'image'> {
    const { share, limit } = cpuTerms(this.input.spec, size);
    return {
      name: objectName(this.input.spec.name, id),
      ...(share !== null && { cpuShares: unitsOf(share) }),
      ...(limit !== null && { cpus: formatCpus(limit) }),
      memory: size.memory,
      memorySwap: size.memory,
      ...(dockerFacts(this.input.offer).quota && size.storage > 0 && { storageOpts: { size: `${size.storage}M` } }),
      init: true,
      restart: 'no',
      mustRun: true,
      destroyGraceSeconds: graceSeconds,
      securityOpts: ['no-new-privileges:true'],
      logDriver: 'json-file',
      logOpts: { 'max-size': '10m', 'max-file': '3' },
      labels: labelList({ ...this.labels('docker_container', id), ...this.watched(size.storage), ...labels }),
      lifecycle: { ignoreChanges: ['labels'] },
    };
  }

  /** Label for the keeper, which measures sizes that the daemon does not limit. 0 MB means no limit. */
  private watched(storage: number): Labels {
    return dockerFacts(this.input.offer).quota || storage === 0 ? {} : { [labelKeys.storage]: String(storage) };
  }
}

/** `runsImage`: without a command of its own, the container runs that of its image. */
function run(
  { entrypoint, command }: Pick<ContainerSpec, 'entrypoint' | 'command'>,
  runsImage: boolean,
): Pick<ContainerConfig, 'command' | 'entrypoint'> {
  if (!entrypoint && !command) return runsImage ? {} : idle;
  return { ...(entrypoint && { entrypoint: literals(entrypoint) }), ...(command && { command: literals(command) }) };
}

function settings({ working_dir, user, shm_size }: RunningSpec): Pick<ContainerConfig, 'workingDir' | 'user' | 'shmSize'> {
  return {
    ...(working_dir !== null && { workingDir: literal(working_dir) }),
    ...(user !== null && { user }),
    ...(shm_size !== null && { shmSize: shm_size }),
  };
}

/** The engine's port and the others, in ascending order: the provider reads them back in this order. */
function publishedPorts({ access, ports }: WorkerSpec, enginePort: number | null): { internal: number; external?: number; ip: string }[] {
  const engine = enginePort === null ? [] : [{ port: enginePort, host: null }];
  return [...engine, ...ports]
    .sort((a, b) => a.port - b.port)
    .map(({ port, host }) => ({ internal: port, ...(host !== null && { external: host }), ip: access.bind }));
}

function healthcheck(check: HealthcheckSpec | 'none'): NonNullable<ContainerConfig['healthcheck']> {
  if (check === 'none') return { test: ['NONE'] };
  return {
    test: literals(check.command),
    interval: formatGoDuration(check.interval),
    timeout: formatGoDuration(check.timeout),
    startPeriod: formatGoDuration(check.start_period),
    retries: check.retries,
  };
}

function escaped(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, literal(value)]));
}

function envList(env: Record<string, string>): string[] {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

function labelList(labels: Labels): { label: string; value: string }[] {
  return Object.entries(labels)
    .map(([label, value]) => ({ label, value }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}

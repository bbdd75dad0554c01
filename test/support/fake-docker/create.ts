import {
  type ContainerConfig,
  type CreateRequest,
  config as defaultConfig,
  type Healthcheck,
  hostConfig as defaultHostConfig,
  type HostConfig,
  type ImageConfig,
} from './defaults.js';
import { Refusal } from './http.js';
import { findImage } from './images.js';
import { findContainer } from './lookup.js';
import { type FakeContainer, type FakeMount, type FakeState, newId } from './state.js';
import { makeVolume } from './volumes.js';

/** Makes a container as the daemon does: the image's configuration below the client's, its volumes at once. */
export function createContainer(state: FakeState, name: string, request: CreateRequest): FakeContainer {
  const image = request.Image ?? '';
  const found = findImage(state, image);
  if (!found) throw new Refusal(404, `No such image: ${image}`);
  const taken = state.names.get(name);
  if (taken) {
    throw new Refusal(
      409,
      `Conflict. The container name "/${name}" is already in use by container "${taken}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }
  const id = newId();
  const hostConfig = mergeHostConfig(state, request.HostConfig ?? {});
  const config = mergeConfig(request, found.config, hostname(state, id, hostConfig));
  const { mounts, anonymous } = makeMounts(state, config, hostConfig);
  const container: FakeContainer = {
    id,
    name,
    created: state.options.now(),
    imageId: found.id,
    config,
    hostConfig,
    mounts,
    anonymous,
    status: 'created',
    pid: 0,
    exitCode: 0,
    error: '',
    oomKilled: false,
    startedAt: null,
    finishedAt: null,
    health: null,
    published: {},
    network: null,
    ip: 0,
    logs: [],
  };
  state.containers.set(id, container);
  state.names.set(name, id);
  return container;
}

function mergeHostConfig(state: FakeState, request: Partial<HostConfig>): HostConfig {
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const merged: HostConfig = { ...defaultHostConfig, ...given };
  merged.NetworkMode ||= 'default';
  if (merged.Memory > 0 && merged.MemorySwap === 0) merged.MemorySwap = 2 * merged.Memory;
  if (merged.Memory > 0 && merged.Memory < 6 * 2 ** 20) throw new Refusal(400, 'Minimum memory limit allowed is 6MB');
  if (merged.NanoCpus > state.options.cpus * 1e9) {
    throw new Refusal(
      400,
      `Range of CPUs is from 0.01 to ${state.options.cpus}.00, as there are only ${state.options.cpus} CPUs available`,
    );
  }
  const joined = joinedContainer(merged);
  if (joined !== null) {
    if (Object.keys(merged.PortBindings ?? {}).length > 0)
      throw new Refusal(400, 'conflicting options: port publishing and the container type network mode');
    merged.NetworkMode = `container:${findContainer(state, joined).id}`;
  }
  return merged;
}

/** The container whose network namespace is used, as the client or the daemon named it. */
export function joinedContainer({ NetworkMode }: Pick<HostConfig, 'NetworkMode'>): string | null {
  return NetworkMode.startsWith('container:') ? NetworkMode.slice('container:'.length) : null;
}

function hostname(state: FakeState, id: string, hostConfig: HostConfig): string {
  const joined = joinedContainer(hostConfig);
  return joined === null ? id.slice(0, 12) : (state.containers.get(joined)?.config.Hostname ?? '');
}

function mergeConfig({ HostConfig: _, ...request }: CreateRequest, image: ImageConfig, host: string): ContainerConfig {
  const env = [...(request.Env ?? [])];
  const given = new Set(env.map((pair) => pair.split('=')[0]));
  env.push(...(image.Env ?? []).filter((pair) => !given.has(pair.split('=')[0])));
  // An entrypoint of the client's own means that the image's command is not its arguments.
  const command = request.Cmd?.length ? request.Cmd : request.Entrypoint?.length ? null : (image.Cmd ?? null);
  const exposed = { ...image.ExposedPorts, ...request.ExposedPorts };
  const { Env: _env, Labels: _labels, ExposedPorts: _exposed, ...rest } = request;
  const merged: ContainerConfig = {
    ...defaultConfig,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    Image: request.Image ?? '',
    Hostname: request.Hostname || host,
    Env: env,
    Cmd: command,
    Entrypoint: request.Entrypoint?.length ? request.Entrypoint : (image.Entrypoint ?? null),
    Labels: { ...image.Labels, ...request.Labels },
    Volumes: image.Volumes || request.Volumes ? { ...image.Volumes, ...request.Volumes } : null,
    WorkingDir: request.WorkingDir || image.WorkingDir || '',
    User: request.User || image.User || '',
  };
  if (Object.keys(exposed).length > 0) merged.ExposedPorts = exposed;
  const healthcheck = mergeHealthcheck(request.Healthcheck, image.Healthcheck);
  if (healthcheck) merged.Healthcheck = healthcheck;
  const stopSignal = request.StopSignal ?? image.StopSignal;
  if (stopSignal) merged.StopSignal = stopSignal;
  return merged;
}

/** A member that says nothing is the image's. */
function mergeHealthcheck(own: Healthcheck | undefined, image: Healthcheck | undefined): Healthcheck | undefined {
  if (!own || !image) return own ?? image;
  const said = Object.entries(own).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
  return { ...own, ...image, ...Object.fromEntries(said) };
}

function makeMounts(state: FakeState, config: ContainerConfig, hostConfig: HostConfig): { mounts: FakeMount[]; anonymous: string[] } {
  const mounts: FakeMount[] = [];
  const anonymous: string[] = [];
  const volume = (name: string, target: string, mode: string, rw: boolean): FakeMount => {
    makeVolume(state, { Name: name });
    return {
      Type: 'volume',
      Name: name,
      Source: `/var/lib/docker/volumes/${name}/_data`,
      Destination: target,
      Driver: 'local',
      Mode: mode,
      RW: rw,
      Propagation: '',
    };
  };
  for (const bind of hostConfig.Binds ?? []) {
    const [source = '', target = '', mode = ''] = bind.split(':');
    const rw = !mode.split(',').includes('ro');
    if (source.startsWith('/'))
      mounts.push({ Type: 'bind', Source: source, Destination: target, Mode: mode, RW: rw, Propagation: 'rprivate' });
    else mounts.push(volume(source, target, mode, rw));
  }
  for (const { Type, Source = '', Target, ReadOnly } of hostConfig.Mounts ?? []) {
    if (Type === 'volume') {
      const name = Source || newId();
      if (!Source) anonymous.push(name);
      mounts.push(volume(name, Target, 'z', !ReadOnly));
    } else mounts.push({ Type, Source, Destination: Target, Mode: '', RW: !ReadOnly, Propagation: Type === 'bind' ? 'rprivate' : '' });
  }
  for (const target of Object.keys(config.Volumes ?? {})) {
    if (mounts.some(({ Destination }) => Destination === target)) continue;
    const name = newId();
    anonymous.push(name);
    mounts.push(volume(name, target, '', true));
  }
  return { mounts, anonymous };
}

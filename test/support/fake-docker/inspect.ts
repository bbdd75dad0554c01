import { joinedContainer } from './create.js';
import { type FakeContainer, type FakeState, iso } from './state.js';

/** A container as `GET /containers/{id}/json` shows it. */
export function inspectContainer(state: FakeState, container: FakeContainer) {
  const { id, config, hostConfig } = container;
  const [path = '', ...args] = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])];
  const files = `/var/lib/docker/containers/${id}`;
  const started = container.startedAt !== null;
  return {
    Id: id,
    Created: iso(container.created),
    Path: path,
    Args: args,
    State: {
      Status: container.status,
      Running: container.status === 'running',
      Paused: false,
      Restarting: false,
      OOMKilled: container.oomKilled,
      Dead: false,
      Pid: container.pid,
      ExitCode: container.exitCode,
      Error: container.error,
      StartedAt: iso(container.startedAt),
      FinishedAt: iso(container.finishedAt),
      ...(container.health === null ? {} : { Health: { Status: container.health, FailingStreak: 0, Log: [] } }),
    },
    Image: container.imageId,
    ResolvConfPath: started ? `${files}/resolv.conf` : '',
    HostnamePath: started ? `${files}/hostname` : '',
    HostsPath: started ? `${files}/hosts` : '',
    LogPath: started ? `${files}/${id}-json.log` : '',
    Name: `/${container.name}`,
    RestartCount: 0,
    Driver: state.options.driver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: hostConfig,
    GraphDriver: { Data: null, Name: state.options.driver },
    Mounts: container.mounts,
    Config: config,
    NetworkSettings: {
      Bridge: '',
      SandboxID: '',
      HairpinMode: false,
      LinkLocalIPv6Address: '',
      LinkLocalIPv6PrefixLen: 0,
      Ports: container.published,
      SandboxKey: '',
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      EndpointID: '',
      Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      IPAddress: '',
      IPPrefixLen: 0,
      IPv6Gateway: '',
      MacAddress: '',
      Networks: endpoints(state, container),
    },
  };
}

/** The same container in `GET /containers/json`. */
export function summarize(state: FakeState, container: FakeContainer) {
  const command = [...(container.config.Entrypoint ?? []), ...(container.config.Cmd ?? [])].map((word) =>
    /[\s;]/.test(word) ? `'${word}'` : word,
  );
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.config.Image,
    ImageID: container.imageId,
    Command: command.join(' '),
    Created: Math.floor(container.created / 1000),
    Ports: Object.entries(container.published).flatMap(([port, bindings]) => {
      const [number, type] = port.split('/');
      const inside = { PrivatePort: Number(number), Type: type };
      return bindings?.map(({ HostIp, HostPort }) => ({ IP: HostIp, ...inside, PublicPort: Number(HostPort) })) ?? [inside];
    }),
    Labels: container.config.Labels,
    State: container.status,
    Status: statusLine(state, container),
    HostConfig: { NetworkMode: container.hostConfig.NetworkMode },
    NetworkSettings: { Networks: endpoints(state, container) },
    Mounts: container.mounts,
  };
}

function statusLine({ options }: FakeState, { status, exitCode, startedAt, finishedAt, health }: FakeContainer): string {
  const ago = (since: number | null) => `${Math.max(0, Math.round((options.now() - (since ?? 0)) / 1000))} seconds`;
  if (status === 'created') return 'Created';
  if (status === 'exited') return `Exited (${exitCode}) ${ago(finishedAt)} ago`;
  return `Up ${ago(startedAt)}${health === null ? '' : ` (${health === 'starting' ? 'health: starting' : health})`}`;
}

function endpoints(state: FakeState, { id, network, ip, hostConfig, status }: FakeContainer) {
  if (joinedContainer(hostConfig) !== null) return {};
  const known = network === null ? null : state.networks.get(network);
  const name = known?.Name ?? (hostConfig.NetworkMode === 'default' ? 'bridge' : hostConfig.NetworkMode);
  const joined = known && status === 'running' && known.subnet !== null ? known.subnet : null;
  return {
    [name]: {
      IPAMConfig: null,
      Links: null,
      Aliases: name === 'bridge' || name === 'none' || name === 'host' ? null : [id.slice(0, 12)],
      NetworkID: known?.Id ?? '',
      EndpointID: joined === null ? '' : id,
      Gateway: joined === null ? '' : `172.${joined}.0.1`,
      IPAddress: joined === null ? '' : `172.${joined}.${ip >> 8}.${ip & 255}`,
      IPPrefixLen: joined === null ? 0 : 16,
      IPv6Gateway: '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      MacAddress: '',
      DriverOpts: null,
    },
  };
}

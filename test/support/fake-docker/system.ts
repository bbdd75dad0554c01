import { filtersOf, hasLabels, type Route } from './http.js';
import type { FakeEvent, FakeState } from './state.js';

/** `_ping`, `version`, `info`, `system/df`, `events`. */
export function systemRoutes(state: FakeState): Route[] {
  return [
    ['GET', /^\/_ping$/, () => ({ status: 200, body: 'OK' })],
    ['HEAD', /^\/_ping$/, () => ({ status: 200 })],
    ['GET', /^\/version$/, () => ({ status: 200, body: version })],
    ['GET', /^\/system\/df$/, () => ({ status: 200, body: diskUsage(state) })],
    ['GET', /^\/info$/, () => ({ status: 200, body: info(state) })],
    [
      'GET',
      /^\/events$/,
      ({ query, res }) => {
        const filters = filtersOf(query);
        const send = (event: FakeEvent) => wanted(event, filters) && res?.write(`${JSON.stringify(event)}\n`);
        res?.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
        const since = Number(query.get('since') ?? Infinity);
        const until = Number(query.get('until') ?? Infinity);
        for (const event of state.history) if (event.time >= since && event.time <= until) send(event);
        if (until * 1000 <= state.options.now()) return void res?.end();
        state.changes.on('event', send);
        res?.once('close', () => state.changes.off('event', send));
        return undefined;
      },
    ],
  ];
}

/** Volumes with options are left out: they may be in memory, or far away. */
function diskUsage({ volumes, written }: FakeState) {
  const Volumes = [...volumes.values()]
    .filter(({ Options }) => Object.keys(Options ?? {}).length === 0)
    .map(({ created: _created, ...volume }) => ({ ...volume, UsageData: { RefCount: 1, Size: written.get(volume.Name) ?? 0 } }));
  return { LayersSize: 0, Images: [], Containers: [], Volumes, BuildCache: null, BuilderSize: 0 };
}

function wanted(event: FakeEvent, filters: Record<string, string[]>): boolean {
  const { Attributes, ID } = event.Actor;
  const among = (key: string, has: (value: string) => boolean) => !filters[key]?.length || filters[key].some(has);
  return (
    among('type', (value) => value === event.Type) &&
    // `health_status` finds `health_status: healthy`.
    among('event', (value) => value === event.Action || event.Action.startsWith(`${value}:`)) &&
    among('container', (value) => event.Type === 'container' && (value === Attributes.name || ID.startsWith(value))) &&
    hasLabels(Attributes, filters.label)
  );
}

const version = {
  Platform: { Name: '' },
  Components: [
    {
      Name: 'Engine',
      Version: '20.10.24',
      Details: { ApiVersion: '1.41', Arch: 'amd64', Experimental: 'false', MinAPIVersion: '1.12', Os: 'linux' },
    },
  ],
  Version: '20.10.24',
  ApiVersion: '1.41',
  MinAPIVersion: '1.12',
  GitCommit: 'fake',
  GoVersion: 'go1.19.8',
  Os: 'linux',
  Arch: 'amd64',
  KernelVersion: '6.1.0',
  BuildTime: '2026-01-01T00:00:00.000000000+00:00',
};

function info({ containers, images, options }: FakeState) {
  const all = [...containers.values()];
  const running = all.filter(({ status }) => status === 'running').length;
  return {
    ID: 'FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE:FAKE',
    Containers: all.length,
    ContainersRunning: running,
    ContainersPaused: 0,
    ContainersStopped: all.length - running,
    Images: images.size,
    Driver: options.driver,
    DriverStatus: [
      ['Backing Filesystem', 'extfs'],
      ['Supports d_type', 'true'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
      Authorization: null,
      Log: ['json-file', 'local', 'none'],
    },
    MemoryLimit: true,
    SwapLimit: true,
    KernelMemory: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    BridgeNfIptables: true,
    Debug: false,
    OomKillDisable: true,
    SystemTime: new Date(options.now()).toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'cgroupfs',
    CgroupVersion: '1',
    KernelVersion: '6.1.0',
    OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
    OSVersion: '12',
    OSType: 'linux',
    Architecture: 'x86_64',
    NCPU: options.cpus,
    MemTotal: options.memory,
    DockerRootDir: '/var/lib/docker',
    Name: 'fake',
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: '20.10.24',
    Runtimes: { runc: { path: 'runc' } },
    DefaultRuntime: 'runc',
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: false,
    Isolation: '',
    InitBinary: 'docker-init',
    SecurityOptions: ['name=seccomp,profile=default'],
    Warnings: null,
  };
}

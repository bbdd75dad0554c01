import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ContainerConfig, HostConfig, ImageConfig } from './defaults.js';

export interface LogLine {
  stream: 'stdout' | 'stderr';
  text: string;
  at: number;
}

export interface FakeMount {
  Type: string;
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
}

export interface FakeContainer {
  id: string;
  name: string;
  created: number;
  imageId: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  mounts: FakeMount[];
  /** Volumes that go with it when removed with `v=1`. */
  anonymous: string[];
  status: 'created' | 'running' | 'exited';
  pid: number;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  startedAt: number | null;
  finishedAt: number | null;
  health: 'starting' | 'healthy' | 'unhealthy' | null;
  /** Container port to the host's, while running. */
  published: Record<string, { HostIp: string; HostPort: string }[] | null>;
  network: string | null;
  ip: number;
  logs: LogLine[];
}

export interface FakeVolume {
  Name: string;
  Driver: string;
  Labels: Record<string, string> | null;
  Options: Record<string, string> | null;
  created: number;
}

export interface FakeNetwork {
  Id: string;
  Name: string;
  Driver: string;
  Labels: Record<string, string>;
  Options: Record<string, string>;
  Internal: boolean;
  Attachable: boolean;
  EnableIPv6: boolean;
  subnet: number | null;
  created: number;
}

export interface FakeExec {
  id: string;
  container: string;
  command: string[];
  env: string[];
  tty: boolean;
  stdin: boolean;
  exitCode: number | null;
  running: boolean;
  /** Rows x columns of its terminal. */
  size?: string;
}

export interface FakeEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  scope: 'local';
  time: number;
  timeNano: number;
  status?: string;
  id?: string;
  from?: string;
}

/** An image that a pull finds. */
export interface RemoteImage {
  config?: ImageConfig;
  /** Bytes of each. Default: two small ones. */
  layers?: number[];
  /** Refused without exactly this `X-Registry-Auth`, decoded. */
  auth?: Record<string, string>;
  /** The pull breaks off amid the layers with this message. */
  breaksWith?: string;
}

/** What a started container does by itself. */
export interface Behaviour {
  /** Ends at once with this code. Default: runs until it is stopped. */
  exitCode?: number;
  logs?: string[];
  /** Where it has a healthcheck. Default `healthy`. */
  health?: 'starting' | 'healthy' | 'unhealthy';
  /** Only KILL ends it. */
  ignoresTerm?: boolean;
  /** It can't be started. */
  startError?: { status: number; message: string };
}

export interface ExecResult {
  exitCode: number;
  stdout?: string;
  stderr?: string;
}

export interface FakeOptions {
  now: () => number;
  cpus: number;
  memory: number;
  driver: string;
  behave: (container: FakeContainer) => Behaviour;
  onExec: (call: {
    container: FakeContainer;
    command: string[];
    env: string[];
    stdin: string;
    /** The directory that stands for the container's files, once it has some. */
    root: string | undefined;
  }) => ExecResult | Promise<ExecResult> | undefined;
}

/** All that the fake daemon holds; handlers change it, tests look at it. */
export class FakeState {
  readonly containers = new Map<string, FakeContainer>();
  readonly names = new Map<string, string>();
  readonly volumes = new Map<string, FakeVolume>();
  readonly networks = new Map<string, FakeNetwork>();
  readonly execs = new Map<string, FakeExec>();
  /** Directories that stand for the files of containers. */
  readonly roots = new Map<string, Promise<string>>();
  /** Names with tags, of images that are there. */
  readonly images = new Set<string>();
  /** Configurations of those that have one. */
  readonly imageConfigs = new Map<string, ImageConfig>();
  readonly registry = new Map<string, RemoteImage>();
  /** Bytes written, by the name of the container or volume. */
  readonly written = new Map<string, number>();
  readonly history: FakeEvent[] = [];
  /** `event` for every FakeEvent, `exit:<id>`, `removed:<id>`, `log:<id>`. */
  readonly changes = new EventEmitter().setMaxListeners(0);
  #port = 32768;
  #pid = 5_000_000;
  #ip = 2;

  constructor(readonly options: FakeOptions) {
    for (const [name, driver] of [
      ['bridge', 'bridge'],
      ['host', 'host'],
      ['none', 'null'],
    ] as const) {
      const network = {
        Id: newId(),
        Name: name,
        Driver: driver,
        Labels: {},
        Options: {},
        Internal: false,
        Attachable: false,
        EnableIPv6: false,
      };
      this.networks.set(network.Id, { ...network, subnet: name === 'bridge' ? 17 : null, created: options.now() });
    }
  }

  nextPort(): string {
    return String(this.#port++);
  }

  /** Beyond what Linux gives to processes, so that nobody takes one of this machine for the container's. */
  nextPid(): number {
    return this.#pid++;
  }

  nextIp(): number {
    return this.#ip++;
  }

  network(idOrName: string): FakeNetwork | undefined {
    return (
      this.networks.get(idOrName) ??
      [...this.networks.values()].find(({ Name, Id }) => Name === idOrName || (idOrName.length > 11 && Id.startsWith(idOrName)))
    );
  }

  emit(Type: string, Action: string, ID: string, Attributes: Record<string, string>): void {
    const now = this.options.now();
    const event: FakeEvent = { Type, Action, Actor: { ID, Attributes }, scope: 'local', time: Math.floor(now / 1000), timeNano: now * 1e6 };
    if (Type === 'container') Object.assign(event, { status: Action, id: ID, from: Attributes.image });
    this.history.push(event);
    this.changes.emit('event', event);
  }
}

export function newId(): string {
  return randomBytes(32).toString('hex');
}

export function imageId(name: string): string {
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** With its tag: `alpine` means `alpine:latest`. */
export function fullName(image: string): string {
  return image.includes('@') || /:[^/]+$/.test(image) ? image : `${image}:latest`;
}

/** Go's zero time stands for never. */
export function iso(ms: number | null): string {
  return ms === null ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString();
}

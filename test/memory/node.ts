import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/clock.js';
import { type Labels, labelKeys } from '../../src/labels.js';
import type { Attributes } from '../../src/plan/resource-schema.js';
import type { EndedLog } from '../../src/state/ended-logs.js';
import type { HistoryEntry } from '../../src/state/history-entry.js';
import type { FileFaults } from './file-faults.js';
import { containerType, objectName, volumeType } from './names.js';
import { type MemoryObject, newRun, type Run } from './object.js';
import { type Programs, programOf } from './programs.js';

/** The node refuses a call: `conflict` for a name that is taken and for a volume in use, `gone` for an object that is not there. */
export class NodeError extends Error {
  constructor(
    readonly reason: 'conflict' | 'gone' | 'limit' | 'image',
    message: string,
  ) {
    super(message);
  }
}

export interface NodeOptions {
  clock: Clock;
  programs?: Programs;
}

/** TERM and KILL, as the exit code of a container has them. */
const termCode = 143;
const killCode = 137;

/**
 * The world that a backend in memory is a client of: objects with labels, as a Docker daemon or a cloud account has them. It outlives every
 * client. Its methods are calls that a client makes; `test/memory/hand.ts` is the hand of somebody who is no client of ours.
 */
export class MemoryNode extends EventEmitter {
  /** Its clock less the clock of the tests, in milliseconds. */
  skew = 0;
  /** Millicores and MB. */
  readonly has = { cpu: 4000, memory: 8192 };
  /** US dollars that a worker costs an hour; `null`: nothing. */
  price: number | null = null;
  /** Objects of a type that it takes. */
  readonly limits = new Map<string, number>();
  readonly missingImages = new Set<string>();
  /** Faults of the files of containers, by `WORKER/CONTAINER`. */
  readonly fileFaults = new Map<string, FileFaults>();
  /** Sockets of engines that are served now, by their places. */
  readonly sockets = new Set<string>();
  /** Places with files of a socket, served or not. */
  readonly socketFiles = new Set<string>();
  /** A keeper that lives on the node. */
  resident: { name: string; history: HistoryEntry[]; obeysUntil?: boolean; logs?: Map<string, EndedLog[]> } | null = null;
  /** Why it answers nobody. */
  away: Error | null = null;
  readonly programs: Programs;
  readonly clock: Clock;
  private readonly objects = new Map<string, MemoryObject>();
  private readonly removed: { object: MemoryObject; at: number }[] = [];
  private made = 0;

  constructor({ clock, programs = {} }: NodeOptions) {
    super();
    this.setMaxListeners(0);
    this.clock = clock;
    this.programs = programs;
  }

  now(): number {
    return this.clock.now() + this.skew;
  }

  /** @param at which objects to show: those that were there then, by the node's clock */
  list(at = this.now()): MemoryObject[] {
    const gone = this.removed.filter((one) => one.at > at).map(({ object }) => object);
    return [...this.objects.values(), ...gone].filter(({ createdAt }) => createdAt <= at);
  }

  /** By its id or its name. */
  find(key: string): MemoryObject | null {
    return this.objects.get(key) ?? [...this.objects.values()].find(({ name }) => name === key) ?? null;
  }

  /** @throws NodeError */
  create(type: string, name: string, labels: Labels, configuration: Attributes = {}): MemoryObject {
    if (this.find(name)) throw new NodeError('conflict', `the name ${name} is in use`);
    const image = configuration['image'];
    if (typeof image === 'string' && this.missingImages.has(image)) throw new NodeError('image', `no such image: ${image}`);
    const most = this.limits.get(type) ?? Infinity;
    if (this.list().filter((one) => one.type === type).length >= most) {
      throw new NodeError('limit', `You've reached the limit on the number of ${type} that run at the same time`);
    }
    this.made += 1;
    const run = type === containerType ? newRun() : null;
    const object = {
      id: `${type}-${this.made}`,
      name,
      type,
      labels,
      createdAt: this.now(),
      configuration,
      run,
      commands: new Map(),
      usedMB: 0,
    };
    this.objects.set(object.id, object);
    return object;
  }

  update(id: string, labels: Labels, configuration: Attributes): MemoryObject {
    const object = this.must(id);
    Object.assign(object, { labels, configuration: { ...object.configuration, ...configuration } });
    return object;
  }

  /** A container that joins another needs that one to run, as with Docker's `network_mode: container:…`. @throws NodeError */
  start(id: string): MemoryObject {
    const object = this.must(id);
    if (object.run?.status === 'running') return object;
    const { joins, command, env } = object.configuration;
    if (typeof joins === 'string' && this.find(joins)?.run?.status !== 'running') {
      throw new NodeError('conflict', `cannot join ${joins}: it is not running`);
    }
    const run: Run = { ...newRun(), log: object.run?.log ?? [], status: 'running' };
    object.run = run;
    const write = (text: string) => this.write(object, text);
    const io = { env: (env ?? {}) as Record<string, string>, stdin: null, out: write, err: write };
    const ended = programOf(this.programs, (command ?? []) as string[])(io);
    if (typeof ended === 'number') this.end(object, ended);
    else void Promise.resolve(ended).then((code) => code !== null && run === object.run && this.end(object, code));
    this.emit('changed');
    return object;
  }

  /** @returns whether it has ended */
  signal(id: string, signal: 'TERM' | 'KILL'): boolean {
    const object = this.find(id);
    if (object?.run?.status !== 'running') return true;
    if (signal === 'TERM' && object.run.ignoresTerm) return false;
    this.end(object, signal === 'TERM' ? termCode : killCode);
    return true;
  }

  /** Gone already is success. @throws NodeError for a volume that a container mounts */
  delete(id: string): void {
    const object = this.objects.get(id);
    if (!object) return;
    const user = [...this.objects.values()].find(({ configuration: { mounts } }) => Object.values(mounts ?? {}).includes(id));
    if (object.type === volumeType && user) throw new NodeError('conflict', `${object.name} is in use by ${user.name}`);
    if (object.run?.status === 'running') this.end(object, killCode);
    this.objects.delete(id);
    this.removed.push({ object, at: this.now() });
    this.emit('changed');
  }

  /** Ends a container, by itself or by a signal. */
  end({ run }: MemoryObject, exitCode: number): void {
    if (run?.status !== 'running') return;
    Object.assign(run, { status: 'exited', exitCode, endedAt: this.now(), paused: false });
    run.over.abort();
    this.emit('changed');
  }

  write({ run }: MemoryObject, text: string): void {
    for (const line of text.replace(/\n$/, '').split('\n')) run?.log.push({ at: this.now(), line });
    this.emit('written');
  }

  /** A worker's container, by its name in the spec. @throws NodeError */
  container(worker: string, name: string): MemoryObject & { run: Run } {
    return this.must(objectName(worker, name)) as MemoryObject & { run: Run };
  }

  /** The labels of a worker's objects decide whose they are, as on every backend. */
  of(worker: string): MemoryObject[] {
    return this.list().filter(({ labels }) => labels[labelKeys.worker] === worker);
  }

  private must(key: string): MemoryObject {
    const object = this.find(key);
    if (object) return object;
    throw new NodeError('gone', `no such object: ${key}`);
  }
}

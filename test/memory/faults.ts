import type { Clock } from '../../src/clock.js';

/** The calls that a client makes to a node, and those of a dispatcher to its `store`. */
export type CallName =
  | 'time'
  | 'info'
  | 'list'
  | 'inspect'
  | 'create'
  | 'update'
  | 'start'
  | 'signal'
  | 'delete'
  | 'events'
  | 'logs'
  | 'exec'
  | 'kills'
  | 'usage'
  | 'serve'
  | 'account'
  | 'store';

/** Which calls a fault hits. */
export interface Which {
  /** Default: all. */
  times?: number;
  /** The object or the worker that the call is about, as `calls` has it; default: any. */
  of?: string | RegExp;
}

/** The node refuses for now, and says when to ask again. */
export class Throttled extends Error {
  constructor(readonly retryAfterMs: number) {
    super('Rate exceeded');
  }
}

/** A call that stands still. */
export interface Held {
  /** Resolves when a call stands there. */
  reached: Promise<void>;
  /** Lets it and all later ones go on. */
  release(): void;
}

type Moment = 'before' | 'after';

interface Rule extends Which {
  name: CallName;
  moment: Moment | 'instead';
  left: number;
  act(): Promise<unknown>;
}

const never = <T>() => new Promise<T>(() => {});

/**
 * The faults of one client's connection. Each knob imitates a fault that was seen on a real backend; its comment cites it. A fault of the
 * node itself, which every client meets, is in `test/memory/hand.ts`.
 */
export class Faults {
  /** Every call that was made, in order: `list`, `list a`, `delete a/engine`. */
  readonly calls: string[] = [];
  /** Milliseconds by which lists lag; see `stale`. */
  lag = 0;
  private readonly rules: Rule[] = [];
  private crash: { at: number; moment: Moment } | null = null;
  private broken: { at: number; moment: Moment } | null = null;
  private died: () => void = () => {};
  private isDead = false;
  /** Resolves when the client has died; see `crashAt`. */
  readonly death = new Promise<void>((resolve) => (this.died = resolve));

  /** The clock of the client's process: nothing sleeps on after its death. */
  readonly mortalClock: Clock;

  constructor(private readonly clock: Clock) {
    this.mortalClock = { now: () => clock.now(), sleep: (ms, signal) => (this.isDead ? never() : clock.sleep(ms, signal)) };
  }

  /**
   * Calls fail and nothing is done. Docker: a daemon that cannot reach containerd answers 500; one that restarts answers `connection reset by
   * peer` (moby/moby#17846).
   */
  fail(name: CallName, { error = new Error('connection reset by peer'), ...which }: Which & { error?: Error } = {}): void {
    this.add(name, 'before', which, () => Promise.reject(error));
  }

  /**
   * Calls are carried out, and their replies do not come: `reset` breaks the connection, `silence` never answers. Docker: `unexpected EOF` to
   * whoever creates a container while the daemon goes down (moby/moby#30724); the container is there when it is up again.
   */
  loseReply(name: CallName, { as = 'reset', ...which }: Which & { as?: 'reset' | 'silence' } = {}): void {
    this.add(name, 'after', which, () => (as === 'silence' ? never() : Promise.reject(new Error('unexpected EOF'))));
  }

  /**
   * Calls are answered with success, and nothing is done yet. AWS: DeleteService answers `DRAINING`, and the service is listed for minutes; Docker:
   * `removal of container … is already in progress`.
   */
  pretend(name: CallName, which: Which = {}): void {
    this.add(name, 'instead', which, () => Promise.resolve());
  }

  /** Calls wait. Docker: `docker ps` hangs as long as one container's lock is held (moby/moby#28889). */
  hold(name: CallName, which: Which = {}): Held {
    let [reach, release]: [() => void, () => void] = [() => {}, () => {}];
    const reached = new Promise<void>((resolve) => (reach = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    this.add(name, 'before', which, () => {
      reach();
      return released;
    });
    return { reached, release };
  }

  /** Calls take that long. AWS: DescribeTasks takes seconds at busy hours; a Docker daemon with hundreds of containers lists as slowly. */
  slow(name: CallName, ms: number, which: Which = {}): void {
    this.add(name, 'before', which, () => this.clock.sleep(ms));
  }

  /**
   * Lists show what was there so many milliseconds ago: no object that is new, and still some that are gone. AWS: reads lag behind writes, so
   * that one right after a create finds nothing (hashicorp/terraform-provider-aws#12532).
   */
  stale(ms: number): void {
    this.lag = ms;
  }

  /** Calls are refused with the time to ask again. AWS: `ThrottlingException: Rate exceeded` (dask/dask-cloudprovider#309). */
  throttle(name: CallName, retryAfterMs: number, which: Which = {}): void {
    this.add(name, 'before', which, () => Promise.reject(new Throttled(retryAfterMs)));
  }

  /**
   * The process of the client dies at its `at`-th call, counted from 1: `before` it is carried out, or `after`. Nothing that it would have done
   * later happens: no call returns any more. `kill -9`, the OOM killer, and CI systems that end a job do this.
   */
  crashAt(at: number, moment: Moment): void {
    this.crash = { at, moment };
  }

  /**
   * The connection breaks at the `at`-th call, counted from 1: `before` it is carried out, or `after`, so that its reply is lost. The same faults
   * as `fail` and `loseReply`, at one place.
   */
  breakAt(at: number, moment: Moment): void {
    this.broken = { at, moment };
  }

  /** The process of the client dies now; see `crashAt`. */
  die(): void {
    this.isDead = true;
    this.died();
  }

  /** Ends all faults but a death. */
  clear(): void {
    this.rules.length = 0;
    this.lag = 0;
  }

  /** What a connection asks around each call. */
  async around<T>(name: CallName, of: string, act: () => T | Promise<T>): Promise<T> {
    if (this.isDead) return never();
    this.calls.push(of === '' ? name : `${name} ${of}`);
    const index = this.calls.length;
    if (this.diesAt(index, 'before')) return never();
    this.assertWhole(index, 'before');
    await this.apply(name, of, 'before');
    if (this.isDead) return never();
    const reply = (await this.apply(name, of, 'instead')) ? (undefined as T) : await act();
    if (this.diesAt(index, 'after')) return never();
    this.assertWhole(index, 'after');
    await this.apply(name, of, 'after');
    return this.isDead ? never() : reply;
  }

  private add(name: CallName, moment: Rule['moment'], { times = Infinity, ...which }: Which, act: Rule['act']): void {
    this.rules.push({ name, moment, left: times, act, ...which });
  }

  /** @returns whether a fault hit the call */
  private async apply(name: CallName, of: string, moment: Rule['moment']): Promise<boolean> {
    let hit = false;
    for (const rule of [...this.rules]) {
      const hits = rule.name === name && rule.moment === moment && rule.left > 0 && matches(rule.of, of);
      if (!hits) continue;
      hit = true;
      rule.left -= 1;
      await rule.act();
    }
    return hit;
  }

  private assertWhole(index: number, moment: Moment): void {
    if (this.broken?.at === index && this.broken.moment === moment) throw new Error('connection reset by peer');
  }

  private diesAt(index: number, moment: Moment): boolean {
    if (this.crash?.at !== index || this.crash.moment !== moment) return false;
    this.die();
    return true;
  }
}

function matches(pattern: Which['of'], text: string): boolean {
  if (pattern === undefined) return true;
  return typeof pattern === 'string' ? pattern === text : pattern.test(text);
}

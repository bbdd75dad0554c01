import { MayflyError } from '../../src/errors.js';
import type { DetachedEnd } from '../../src/backends/ports/detached.js';
import { labelKeys } from '../../src/labels.js';
import { end, type MemoryCommand, writeOutput } from './detached.js';
import type { MemoryNode } from './node.js';
import { objectName } from './names.js';

/** Things that happen to a node without any client of ours. Each imitates what was seen on a real backend; its comment cites it. */
export class Hand {
  constructor(private readonly node: MemoryNode) {}

  /** An engine or another container ends by itself. Docker: `docker events` tells `die`; a batch job that is done, a server that crashed. */
  exit(worker: string, container: string, exitCode: number): void {
    this.node.end(this.node.container(worker, container), exitCode);
  }

  /** The kernel kills a container for its memory. Docker: `State.OOMKilled` with exit code 137. */
  outOfMemory(worker: string, container: string): void {
    const object = this.node.container(worker, container);
    object.run.outOfMemory = true;
    this.node.end(object, 137);
  }

  /** The kernel kills one process of a container for its memory, and the container lives on. Docker: an `oom` event, no `OOMKilled`. */
  killProcess(worker: string, container: string): void {
    this.node.container(worker, container).run.kills.push(this.node.now());
  }

  /** A healthcheck's result changes. Docker: `State.Health.Status` goes between `starting`, `healthy` and `unhealthy`. */
  health(worker: string, container: string, health: 'starting' | 'healthy' | 'unhealthy'): void {
    this.node.container(worker, container).run.health = health;
    this.node.emit('changed');
  }

  /** `docker pause`, or a process that was sent STOP. */
  pause(worker: string, container: string): void {
    this.node.container(worker, container).run.paused = true;
  }

  /** A program that does not end by TERM: a shell as process 1 that installs no handler is the common case. */
  ignoreTerm(worker: string, container: string): void {
    this.node.container(worker, container).run.ignoresTerm = true;
  }

  /** A detached command ends by itself; `lost`: the kernel kills its wrapper, and nothing is written. */
  endCommand(worker: string, container: string, id: string, state: DetachedEnd): void {
    end(this.node, this.command(worker, container, id), state);
  }

  /** A detached command writes output. */
  writeOutput(worker: string, container: string, id: string, text: string): void {
    writeOutput(this.node, this.command(worker, container, id), text);
  }

  /** What a detached command was started with. */
  commandOf(worker: string, container: string, id: string): MemoryCommand['options'] {
    return this.command(worker, container, id).options;
  }

  commandWasRemoved(worker: string, container: string, id: string): boolean {
    return this.command(worker, container, id).removed;
  }

  private command(worker: string, container: string, id: string): MemoryCommand {
    const command = this.node.container(worker, container).commands.get(id);
    if (!command) throw new Error(`no detached command ${id} was started in ${worker} ${container}`);
    return command;
  }

  /** Somebody removes an object by hand: `docker rm --force`. */
  remove(worker: string, id: string): void {
    const object = this.node.find(objectName(worker, id));
    if (object) this.node.delete(object.id);
  }

  /** Files of that many MB are written. */
  fill(worker: string, id: string, usedMB: number): void {
    this.node.find(objectName(worker, id))!.usedMB = usedMB;
  }

  /**
   * The node's clock is wrong by so many milliseconds from now on. A Docker Desktop VM falls behind by the time that its host slept
   * (docker/for-mac#17), and catches up at once when it is set again.
   */
  setClock(skew: number): void {
    this.node.skew = skew;
  }

  /** The node takes so many objects of a type. AWS: `You've reached the limit on the number of tasks you can run concurrently` (aws/copilot-cli#3064). */
  limit(type: string, most: number): void {
    this.node.limits.set(type, most);
  }

  /** The node answers nobody, until `back`. Docker: the daemon is stopped, or its context leads nowhere. */
  goAway(cause = 'connect ENOENT /var/run/docker.sock'): void {
    this.node.away = new MayflyError('backend_unreachable', { cause, remedy: 'start it' });
  }

  back(): void {
    this.node.away = null;
  }

  /** All containers end and stay. Docker: a restart of the daemon without `live-restore`; they exit with 137, or 255 after a power cut. */
  restart(exitCode = 255): void {
    for (const object of this.node.list()) this.node.end(object, exitCode);
  }

  /** Somebody else's object under a name of ours, with labels that are almost ours. Docker: an image made by `docker commit` keeps its labels. */
  plant(type: string, worker: string, id: string): string {
    return this.node.create(type, objectName(worker, id), { [labelKeys.worker]: worker, 'com.example.owner': 'somebody' }).id;
  }
}

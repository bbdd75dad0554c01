import type { Readable } from 'node:stream';
import { type TaskReply, taskReply, tasksReply } from './documents.js';
import { open } from './open.js';
import { type Connection, send } from './http.js';
import type { RunPath } from './transfers.js';

/** For a run, a fleet or an allocation; with a command or a function. */
export interface NewTask {
  run?: string | undefined;
  fleet?: string | undefined;
  allocation?: string | undefined;
  command?: readonly string[] | undefined;
  /** A function, or a revision of it: `resize@v1`. */
  function?: string | undefined;
  container?: string | undefined;
  /** Such as `10m`. */
  timeout?: string | undefined;
  env: Readonly<Record<string, string>>;
  input?: string | undefined;
  /** Files of other runs, and their places in the container. */
  files_in?: readonly { from: RunPath; to: string }[];
  files_out?: readonly { from: string; to: RunPath }[];
  attempts?: number | undefined;
  priority?: number | undefined;
  cpu?: number | undefined;
  memory?: number | undefined;
}

export interface TaskFilter {
  run?: string | undefined;
  state?: string | undefined;
  dead?: string | undefined;
}

/** States after which a task does not change. */
const finalStates: readonly string[] = ['completed', 'failed', 'stopped'];

export function isTaskFinal({ state }: Pick<TaskReply, 'state'>): boolean {
  return finalStates.includes(state);
}

/** The tasks of a service. Every method throws as `send` does. */
export class TaskClient {
  constructor(private readonly connection: Connection) {}

  /** A repeated request with the key returns the first one's task. */
  add(task: NewTask, key: string): Promise<TaskReply> {
    return send(this.connection, { method: 'POST', path: 'v1/tasks', body: task, key, reply: taskReply });
  }

  /** A page of tasks, the newest first. `next`: not `null` where more follow. */
  list(filter: TaskFilter, limit: number): Promise<{ tasks: TaskReply[]; next: string | null }> {
    return send(this.connection, { method: 'GET', path: 'v1/tasks', query: { ...filter, limit }, reply: tasksReply });
  }

  one(id: string): Promise<TaskReply> {
    return send(this.connection, { method: 'GET', path: pathOf(id), reply: taskReply });
  }

  stop(id: string): Promise<TaskReply> {
    return send(this.connection, { method: 'DELETE', path: pathOf(id), reply: taskReply });
  }

  redrive(id: string): Promise<TaskReply> {
    return send(this.connection, { method: 'POST', path: `${pathOf(id)}/redrive`, reply: taskReply });
  }

  /** The output from a byte on. `follow`: until the end of a running command. */
  output(id: string, { from, follow }: { from: number; follow: boolean }): Promise<Readable> {
    const url = new URL(`${pathOf(id)}/output?from=${from}&follow=${follow}`, this.connection.server);
    return open(this.connection, 'GET', url, this.connection.signal, (request) => request.end());
  }
}

function pathOf(id: string): string {
  return `v1/tasks/${encodeURIComponent(id)}`;
}

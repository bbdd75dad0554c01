import { commandIdOf } from '../../../src/tasks/command-id.js';
import { api, type Api, request } from '../http/scene.js';

export interface TaskAnswer {
  id: string;
  state: string;
  reason: string | null;
  attempt: number;
  worker: string | null;
  exit_code: number | null;
  failure: { cause: string } | null;
  output: { head: string; bytes: number; cut: boolean } | null;
  dead: boolean;
  redriven: string | null;
  stopping: boolean;
}

export interface TaskScene extends Api {
  /** A running run with the usual spec. */
  run(more?: Record<string, unknown>): Promise<{ id: string; worker: string }>;
  add(run: string, more?: Record<string, unknown>, key?: string): Promise<TaskAnswer>;
  task(id: string): Promise<TaskAnswer>;
  /** Moves the clock until a task has the state. @throws Error after 300 s */
  untilTask(id: string, state: string): Promise<TaskAnswer>;
  /** The command of a task's delivery. Default: the current one. */
  command(task: TaskAnswer, attempt?: number): [worker: string, container: string, id: string];
  /** Types of a run's events, without those of others. */
  events(run: string): Promise<string[]>;
}

/** The API, with tasks whose commands `serve` until the test ends them. */
export async function taskScene(more: Parameters<typeof api>[0] = {}): Promise<TaskScene> {
  const scene = await api(more);
  const { ask, clock } = scene;
  const task = async (id: string) => (await ask(`/v1/tasks/${id}`)).body as TaskAnswer;
  return {
    ...scene,
    task,
    async run(spec = {}) {
      const { id } = (await ask('/v1/runs', { body: { spec: { ...request, ...spec } } })).body as { id: string };
      const { worker } = await scene.until(id, 'running');
      return { id, worker: worker as string };
    },
    async add(run, body = {}, key) {
      const answer = await ask('/v1/tasks', {
        body: { run, command: ['serve'], timeout: 60, ...body },
        ...(key !== undefined && { headers: { 'idempotency-key': key } }),
      });
      if (answer.status > 201) throw new Error(answer.text);
      return answer.body as TaskAnswer;
    },
    async untilTask(id, state) {
      for (let left = 300; left > 0; left -= 1) {
        const now = await task(id);
        if (now.state === state) return now;
        await clock.advance(1000);
      }
      throw new Error(`not ${state}: ${JSON.stringify(await task(id))}`);
    },
    command: ({ id, worker, attempt: current }, attempt = current) => [worker!, 'engine', commandIdOf({ id, attempt })],
    async events(run) {
      const { events } = (await ask(`/v1/runs/${run}/events`)).body as { events: { type: string }[] };
      return events.map(({ type }) => type);
    },
  };
}

import { expect } from 'vitest';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { request } from '../http/scene.js';
import { type TaskAnswer, type TaskScene, taskScene } from '../tasks/scene.js';

export interface RunAnswer {
  state: string;
  worker: string | null;
  stealers: { run: string; state: string; worker: string | null }[];
  missing: string | null;
  steals_for: string | null;
}

export interface StealingScene extends TaskScene {
  id: string;
  /** The run, as the API shows it. Default: the one with stealers. */
  shown(run?: string): Promise<RunAnswer>;
  /** Adds a task that takes a whole worker. */
  addTask(more?: Record<string, unknown>): Promise<TaskAnswer>;
  end(task: TaskAnswer): void;
  /** Events about stealers, as `type why`. */
  story(): Promise<string[]>;
}

/** A running run with these workers. `fleet`: it is made first, as `crew`. */
export async function stealing(
  workers: Record<string, unknown>,
  fleet?: Record<string, unknown>,
  { parts = {}, spec = {} }: { parts?: Parameters<typeof taskScene>[0]; spec?: Record<string, unknown> } = {},
): Promise<StealingScene> {
  const scene = await taskScene(parts);
  const { ask, clock } = scene;
  if (fleet) {
    const made = await ask('/v1/fleets', { body: { name: 'crew', spec: request, min: 0, max: 4, idle: 30, ...fleet } });
    expect(made.status, made.text).toBe(201);
  }
  const answer = await ask('/v1/runs', { body: { spec: { ...request, ...spec }, workers } });
  expect(answer.status, answer.text).toBe(201);
  const { id } = answer.body as { id: string };
  await scene.until(id, 'running');
  return {
    ...scene,
    id,
    shown: async (run = id) => (await ask(`/v1/runs/${run}`)).body as RunAnswer,
    async addTask(more = {}) {
      const task = await scene.add(id, more);
      // The order of tasks is by time.
      await clock.advance(1);
      return task;
    },
    end: ({ id: task, attempt, worker }) =>
      scene.hand.endCommand(worker!, 'engine', commandIdOf({ id: task, attempt }), { state: 'exited', code: 0 }),
    async story() {
      const { events } = (await ask(`/v1/runs/${id}/events?limit=500`)).body as {
        events: { type: string; data: Record<string, unknown> }[];
      };
      const own = events.filter(({ type }) => type.startsWith('stealer'));
      return own.map(({ type, data }) => [type, data['why'] ?? data['code']].filter(Boolean).join(' '));
    },
  };
}

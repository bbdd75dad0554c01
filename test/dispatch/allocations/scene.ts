import { commandIdOf } from '../../../src/tasks/command-id.js';
import { type Ask, request } from '../http/scene.js';
import { type TaskAnswer, taskScene } from '../tasks/scene.js';

export interface AllocationAnswer {
  id: string;
  state: string;
  reason: string | null;
  waits_because: string | null;
  granted: { cpu: number; memory: number } | null;
  worker: string | null;
  interval: number;
  renew_by: string;
  expires: string | null;
}

/** Resources of the engine of each worker. */
export const whole = { cpu: 1000, memory: 1024 };

/** A fleet `crew` of at most `max` workers, each with an engine of `whole`. Idle ones end after 30 s. */
export async function allocationScene({ min = 0, max = 1, ...more }: Record<string, unknown> = {}) {
  const scene = await taskScene();
  const { ask, clock, hand } = scene;
  const made = await ask('/v1/fleets', { body: { name: 'crew', spec: { ...request, ...whole }, min, max, idle: 30, ...more } });
  if (made.status !== 201) throw new Error(made.text);
  const allocation = async (id: string) => (await ask(`/v1/allocations/${id}`)).body as AllocationAnswer;
  const add = (body: Record<string, unknown> = {}, options: Ask = {}) =>
    ask('/v1/allocations', { body: { fleet: 'crew', min: { cpu: 500, memory: 512 }, ttl: 120, interval: '5m', ...body }, ...options });
  return {
    ...scene,
    allocation,
    add,
    async allocate(body: Record<string, unknown> = {}) {
      const answer = await add(body);
      if (answer.status !== 201) throw new Error(answer.text);
      // The order of allocations is by time.
      await clock.advance(1);
      return answer.body as AllocationAnswer;
    },
    /** Moves the clock until an allocation has the state. @throws Error after 300 s */
    async untilAllocation(id: string, state: string) {
      for (let left = 300; left > 0; left -= 1) {
        const now = await allocation(id);
        if (now.state === state) return now;
        await clock.advance(1000);
      }
      throw new Error(`not ${state}: ${JSON.stringify(await allocation(id))}`);
    },
    async addTask(body: Record<string, unknown>) {
      const answer = await ask('/v1/tasks', { body: { command: ['serve'], timeout: 60, ...body } });
      if (answer.status !== 201) throw new Error(answer.text);
      await clock.advance(1);
      return answer.body as TaskAnswer;
    },
    finish: ({ id, attempt, worker }: TaskAnswer) =>
      hand.endCommand(worker!, 'engine', commandIdOf({ id, attempt }), { state: 'exited', code: 0 }),
    async story(id: string) {
      const { events } = (await ask(`/v1/allocations/${id}/events`)).body as { events: { type: string; data: Record<string, unknown> }[] };
      return events.map(({ type, data }) => (typeof data['reason'] === 'string' ? `${type}: ${data['reason']}` : type));
    },
  };
}

import * as z from 'zod';
import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import { stop } from '../../../tasks/delivery.js';
import { type Task, taskStates } from '../../../tasks/task.js';
import type { Dispatcher } from '../../dispatcher.js';
import type { FunctionTasks } from '../../functions/tasks.js';
import type { Limits } from '../../limits.js';
import type { Vault } from '../../secrets/vault.js';
import type { Store, Token } from '../../store/store.js';
import type { Pool } from '../../tasks/pool.js';
import { errorDocument } from '../documents.js';
import { ownAllocation } from '../own-allocation.js';
import { ownFleet } from '../own-fleet.js';
import { ownRun } from '../own-run.js';
import { route, type Route } from '../route.js';
import { filesOf, newTaskDocument, taskDocument, taskQueueDocument, toTaskDocument } from './documents.js';
import { ownTask } from './own-task.js';
import { toTaskQueue } from './queue.js';

export interface TaskRouteParts {
  dispatcher: Dispatcher;
  store: Store;
  vault: Vault;
  functionTasks: FunctionTasks;
  limits: Limits;
  clock: Pick<Clock, 'now'>;
}

type Address = Pick<z.infer<typeof newTaskDocument>, 'run' | 'fleet' | 'allocation'>;

const failed = { 401: errorDocument, 403: errorDocument };

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Commands that are done in the workers of runs. */
export function taskRoutes({ dispatcher, store, vault, functionTasks, limits, clock }: TaskRouteParts): Route[] {
  const { runs, fleets } = dispatcher;
  const { tasks, intake, desk } = dispatcher.tasks;
  const own = (token: Token, id: string | undefined) => ownTask(dispatcher.tasks.tasks, token, id);
  const poolOf = async (token: Token, { run, fleet, allocation }: Address): Promise<Pool> => {
    if ([run, fleet, allocation].filter((one) => one !== undefined).length !== 1) throw onePool();
    if (run !== undefined) return { run: await ownRun(runs, token, run) };
    if (fleet !== undefined) return { fleet: ownFleet(fleets, token, fleet) };
    return intake.poolOfAllocation(await ownAllocation(dispatcher.tasks.allocations, token, allocation));
  };
  const documentOf = async (task: Task) => toTaskDocument(task, await dispatcher.tasks.outputs.isRemoved(task));
  return [
    route({
      method: 'post',
      path: '/v1/tasks',
      summary:
        'Add a command, or a function, to the queue of a run, a fleet or an allocation. With an Idempotency-Key, a repeated request returns the first task',
      scope: 'submit',
      body: newTaskDocument,
      replies: {
        201: taskDocument,
        200: taskDocument,
        400: errorDocument,
        404: errorDocument,
        409: errorDocument,
        422: errorDocument,
        429: errorDocument,
        ...failed,
      },
      async handle({ token, body, header }) {
        limits.count(token.organisation);
        const pool = await poolOf(token, body);
        const { attempts, priority, cpu, input = null } = body;
        const { env, ...asked } = await functionTasks.work(pool, body);
        const hasNone = input === null && Object.keys(env).length === 0;
        const { task, created } = await intake.submit({
          ...{ pool, ...asked, files: filesOf(body), attempts, priority, cpu },
          sealed: (id) => (hasNone ? null : vault.sealTask(id, { env, input })),
          key: header('idempotency-key'),
          bodyHash: vault.digest(JSON.stringify(body)),
        });
        return { status: created ? 201 : 200, body: await documentOf(task) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/tasks',
      summary: 'Tasks of the organisation, the newest first',
      scope: 'read',
      query: z.object({
        run: z.uuid().lowercase().optional(),
        allocation: z.uuid().lowercase().optional(),
        state: z.enum(taskStates).optional(),
        dead: flag.default(false).meta({ description: 'Only tasks whose deliveries are used up, and that were not redriven' }),
        after: z.string().optional().meta({ description: '`next` of an earlier answer' }),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
      replies: { 200: z.object({ tasks: z.array(taskDocument), next: z.string().nullable() }), 400: errorDocument, ...failed },
      async handle({ token: { organisation }, query: { run, allocation, state, after, ...query } }) {
        const { tasks: page, next } = await store.tasks.tasks({
          ...{ organisation, ...query },
          ...(run !== undefined && { run }),
          ...(allocation !== undefined && { allocation }),
          ...(state !== undefined && { state }),
          ...(after !== undefined && { after }),
        });
        return { status: 200, body: { tasks: await Promise.all(page.map(documentOf)), next } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/tasks/:id',
      summary: 'One task, with the head of its output',
      scope: 'read',
      replies: { 200: taskDocument, 404: errorDocument, ...failed },
      handle: async ({ token, params }) => ({ status: 200, body: await documentOf(await own(token, params['id'])) }),
    }),
    route({
      method: 'delete',
      path: '/v1/tasks/:id',
      summary: 'Stop a task. A command that runs gets TERM, and KILL after 10 s',
      scope: 'submit',
      replies: { 202: taskDocument, 404: errorDocument, 409: errorDocument, ...failed },
      async handle({ token, params }) {
        const { id } = await own(token, params['id']);
        return { status: 202, body: await documentOf(await tasks.change(id, stop)) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/tasks/:id/redrive',
      summary: 'Make a new task of a dead one, with all of its deliveries. A repeated request returns the same task',
      scope: 'submit',
      replies: { 201: taskDocument, 200: taskDocument, 404: errorDocument, 409: errorDocument, ...failed },
      async handle({ token, params }) {
        const dead = await own(token, params['id']);
        const { task, created } = await intake.redrive(dead, async (id) => {
          const sealed = await store.tasks.sealed(dead.id);
          return sealed && vault.sealTask(id, vault.openTask(dead.id, sealed));
        });
        return { status: created ? 201 : 200, body: await documentOf(task) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/tasks',
      summary: "The queue of a run's tasks in numbers, and its workers",
      scope: 'read',
      replies: { 200: taskQueueDocument, 404: errorDocument, ...failed },
      async handle({ token, params }) {
        const { id } = await ownRun(runs, token, params['id']);
        const waiting = [...tasks.all()].filter(({ run, state }) => run === id && state === 'pending');
        const oldest = waiting.length === 0 ? null : Math.min(...waiting.map(({ createdAt }) => createdAt));
        const counts = await store.tasks.counts(id);
        const body = toTaskQueue(id, counts, { oldest, now: clock.now(), asideReason: (worker) => desk.asideReason(worker) });
        return { status: 200, body };
      },
    }),
  ];
}

function onePool(): MayflyError {
  return new MayflyError('usage', {
    place: { path: 'run' },
    cause: 'a task has either a run, a fleet or an allocation',
    remedy: 'name one of them: "run" or "allocation" with an id, or "fleet" with a name',
  });
}

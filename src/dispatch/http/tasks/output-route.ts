import * as z from 'zod';
import type { Dispatcher } from '../../dispatcher.js';
import { outputRemoved, readOutput } from '../../tasks/read-output.js';
import { errorDocument } from '../documents.js';
import { route, type Route } from '../route.js';
import { readableBody } from '../streams/readable-body.js';
import type { Streams } from '../streams/streams.js';
import { ownTask } from './own-task.js';

const contentType = 'application/octet-stream';

/** The output of a task, as its command has written it. */
export function taskOutputRoute({ dispatcher, streams }: { dispatcher: Dispatcher; streams: Streams }): Route {
  const { tasks, outputs } = dispatcher.tasks;
  return route({
    method: 'get',
    path: '/v1/tasks/:id/output',
    summary:
      'The output of a task, both streams in the order of writing. That of a task that has not ended is followed to the end of its delivery',
    scope: 'read',
    query: z.object({
      from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).meta({ description: 'The first byte' }),
      follow: z
        .enum(['true', 'false'])
        .transform((text) => text === 'true')
        .default(true)
        .meta({ description: '`false`: only the output until now' }),
    }),
    answerType: contentType,
    replies: { 400: errorDocument, 401: errorDocument, 403: errorDocument, 404: errorDocument, 429: errorDocument },
    async handle({ token, params, query }) {
      const task = await ownTask(tasks, token, params['id']);
      if (await outputs.isRemoved(task)) throw outputRemoved(task);
      const open = (signal: AbortSignal) => Promise.resolve(readOutput(task, { tasks, outputs }, { ...query, signal }));
      return { status: 200, stream: await readableBody({ streams, token, contentType, open }) };
    },
  });
}

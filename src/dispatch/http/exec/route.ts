import * as z from 'zod';
import { MayflyError } from '../../../errors.js';
import { type Route, route } from '../route.js';
import { commandDocument } from './asked.js';

const { container, working_dir, user, stdin, tty, fresh } = commandDocument.shape;
const flag = (meant: z.ZodType) => z.enum(['true', 'false']).optional().meta({ description: meant.description });

/** The parameters, described. Some have other forms in a query: `command` and `env` can be given several times. */
const query = z.object({
  command: z
    .string()
    .optional()
    .meta({ description: 'A word of the command; one parameter a word. Without it, the first message has the command' }),
  env: z.string().optional().meta({ description: 'NAME=VALUE; may be given several times' }),
  ...{ container, working_dir, user },
  ...{ stdin: flag(stdin), tty: flag(tty), fresh: flag(fresh) },
  grace: z.coerce.number().optional().meta({ description: commandDocument.shape.grace.description }),
});

/** Describes the WebSocket, which is no route: see `execUpgrade`. */
export const execRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/runs/:id/exec',
    summary: 'Run a command in a container of a run: a WebSocket of the protocol v5.channel.k8s.io',
    scope: 'submit',
    query,
    replies: {},
    handle() {
      throw new MayflyError('usage', {
        cause: 'is no upgrade to a WebSocket',
        remedy: 'send `Connection: Upgrade`, `Upgrade: websocket` and `Sec-WebSocket-Protocol: v5.channel.k8s.io`',
      });
    },
  }),
];

import * as z from 'zod';
import { graceSeconds, engineName } from '../../../spec/worker-spec.js';
import { text } from '../fields.js';
import { parseInput } from '../input.js';

const flag = z.boolean().default(false);

/** A command for a worker's container. */
export const commandDocument = z.strictObject({
  command: z.array(text).min(1),
  container: text.default(engineName),
  stdin: flag.meta({ description: 'Its standard input is channel 0' }),
  tty: flag.meta({ description: 'It gets a terminal. All output is on channel 1' }),
  env: z.record(z.string().regex(/^[^=\0]+$/, 'is no name of a variable'), text).default({}),
  working_dir: z
    .string()
    .regex(/^\/[^\0]*$/, 'must be an absolute path in the container')
    .optional(),
  user: text.optional(),
  fresh: flag.meta({ description: 'Of a retained worker: a new container with the same image and volumes' }),
  grace: z.number().min(0).max(86_400).default(graceSeconds).meta({ description: 'Seconds between the first signal of a cancel and KILL' }),
});
export type AskedCommand = z.infer<typeof commandDocument>;

const flags = ['stdin', 'tty', 'fresh'] as const;

/** The command in a query, with `command` and `env` (`NAME=VALUE`) once or several times; `null`: a message has it. @throws MayflyError `usage` */
export function commandIn(query: URLSearchParams): AskedCommand | null {
  if (!query.has('command')) return null;
  const one = (name: string) => query.get(name) ?? undefined;
  return parseInput(
    commandDocument,
    {
      command: query.getAll('command'),
      env: Object.fromEntries(query.getAll('env').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)])),
      ...Object.fromEntries(flags.map((name) => [name, ['true', '1'].includes(query.get(name) ?? '')])),
      ...{ container: one('container'), working_dir: one('working_dir'), user: one('user') },
      grace: query.has('grace') ? Number(query.get('grace')) : undefined,
    },
    'query',
  );
}

/** The command in the first message of a client. @throws MayflyError `usage` */
export function commandOf(message: unknown): AskedCommand {
  return parseInput(commandDocument, message, 'command');
}

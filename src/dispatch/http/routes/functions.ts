import * as z from 'zod';
import type { Clock } from '../../../clock.js';
import { engineName } from '../../../spec/worker-spec.js';
import { type DefaultRevision, type FunctionRevision, largestModule } from '../../../tasks/functions/function.js';
import type { Functions } from '../../../tasks/functions/functions.js';
import { type FunctionRegistry, unknownFunction } from '../../functions/registry.js';
import type { Limits } from '../../limits.js';
import { errorDocument } from '../documents.js';
import { commandWords, text, variableName } from '../fields.js';
import { route, type Route } from '../route.js';

export interface FunctionRouteParts {
  registry: FunctionRegistry;
  functions: Functions;
  limits: Limits;
  clock: Pick<Clock, 'now'>;
}

const failed = { 400: errorDocument, 401: errorDocument, 403: errorDocument };
const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, at most 63');
const revisionName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be letters, digits, dots, hyphens and underscores, at most 63');
const word = text.max(10_000);
const positive = z.int().positive();

/** Base64 has 4 characters for 3 bytes. */
const longestModule = Math.ceil(largestModule / 3) * 4;

const newFunction = z
  .strictObject({
    name,
    revision: revisionName,
    command: commandWords(word).optional().meta({ description: 'The command, or `wasm`' }),
    wasm: z.base64().max(longestModule).optional().meta({ description: 'A module for WASI preview 1 in base64, at most 16 MB' }),
    args: commandWords(word, { least: 0 }).optional().meta({ description: 'Arguments of the module after its name' }),
    container: z.string().max(63).optional().meta({ description: 'Default: the engine' }),
    timeout: positive.max(604_800).meta({ description: 'Seconds' }),
    env: z.record(variableName, word).default({}).meta({ description: 'Variables. Their values are stored encrypted, and in no answer' }),
    memory: positive
      .max(4096)
      .optional()
      .meta({ description: 'MB that a task of it uses. Default: all of the container; of a module: 128' }),
  })
  .refine((one) => (one.command === undefined) !== (one.wasm === undefined), 'must have either command or wasm')
  .refine((one) => one.args === undefined || one.wasm !== undefined, 'has args without wasm: add them to the command');

const functionDocument = z
  .object({
    name,
    revision: revisionName,
    digest: z.string(),
    default: z.boolean(),
    command: z.array(z.string()).nullable(),
    wasm: z.object({ sha256: z.string(), args: z.array(z.string()) }).nullable(),
    container: z.string(),
    timeout: z.number(),
    env: z.array(z.string()).meta({ description: 'Names of its variables' }),
    memory: z.number().nullable(),
    created: z.iso.datetime(),
  })
  .meta({ id: 'Function' });

const defaultDocument = z.object({ name, revision: revisionName, previous: revisionName.nullable() }).meta({ id: 'DefaultRevision' });

/** Functions of an organisation: immutable revisions, and the one that a task gets by default. */
export function functionRoutes({ registry, functions, limits, clock }: FunctionRouteParts): Route[] {
  const defaultsOf = async (organisation: string) =>
    new Map((await functions.defaults(organisation)).map((one) => [one.name, one.revision]));
  const reply = (found: DefaultRevision | null, of: string, revision?: string) => {
    if (!found) throw unknownFunction(of, revision);
    return { status: 200, body: found };
  };
  return [
    route({
      method: 'post',
      path: '/v1/functions',
      summary: 'Add a revision of a function. The first one is its default. The same revision again changes nothing',
      scope: 'submit',
      largest: longestModule + 1_048_576,
      body: newFunction,
      replies: { 200: functionDocument, 201: functionDocument, 409: errorDocument, 429: errorDocument, ...failed },
      async handle({ token: { organisation }, body }) {
        limits.count(organisation);
        const { revision, created } = await registry.add({
          ...{ organisation, name: body.name, revision: body.revision, timeout: body.timeout * 1000, env: body.env },
          ...{ container: body.container ?? null, memory: body.memory ?? null, createdAt: clock.now() },
          work:
            body.command === undefined
              ? { kind: 'wasm', bytes: Buffer.from(body.wasm ?? '', 'base64'), args: body.args ?? [] }
              : { kind: 'command', command: body.command },
        });
        return { status: created ? 201 : 200, body: toDocument(revision, await defaultsOf(organisation)) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/functions',
      summary: 'All revisions of the functions, by name, the oldest first',
      scope: 'read',
      replies: { 200: z.object({ functions: z.array(functionDocument) }), ...failed },
      async handle({ token: { organisation } }) {
        const [all, defaults] = await Promise.all([functions.list(organisation), defaultsOf(organisation)]);
        return { status: 200, body: { functions: all.map((one) => toDocument(one, defaults)) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/functions/defaults',
      summary: 'The default revision of each function',
      scope: 'read',
      replies: { 200: z.object({ defaults: z.array(defaultDocument) }), ...failed },
      async handle({ token: { organisation } }) {
        return { status: 200, body: { defaults: await functions.defaults(organisation) } };
      },
    }),
    route({
      method: 'post',
      path: '/v1/functions/:name/default',
      summary: 'Make a revision the default of its function. Tasks that exist keep theirs',
      scope: 'submit',
      body: z.strictObject({ revision: revisionName }),
      replies: { 200: defaultDocument, 404: errorDocument, ...failed },
      async handle({ token: { organisation }, params, body }) {
        const of = params['name']!;
        return reply(await functions.switch(organisation, of, body.revision), of, body.revision);
      },
    }),
    route({
      method: 'post',
      path: '/v1/functions/:name/rollback',
      summary: 'Make the previous default of a function its default again',
      scope: 'submit',
      replies: { 200: defaultDocument, 404: errorDocument, ...failed },
      async handle({ token: { organisation }, params }) {
        const of = params['name']!;
        return reply(await functions.rollBack(organisation, of), of, 'previous');
      },
    }),
  ];
}

function toDocument(one: FunctionRevision, defaults: ReadonlyMap<string, string>): z.infer<typeof functionDocument> {
  const { work } = one;
  return {
    ...{ name: one.name, revision: one.revision, digest: one.digest, default: defaults.get(one.name) === one.revision },
    command: work.kind === 'command' ? [...work.command] : null,
    wasm: work.kind === 'wasm' ? { sha256: work.module, args: [...work.args] } : null,
    ...{ container: one.container ?? engineName, timeout: one.timeout / 1000, env: [...one.env], memory: one.memory },
    created: new Date(one.createdAt).toISOString(),
  };
}

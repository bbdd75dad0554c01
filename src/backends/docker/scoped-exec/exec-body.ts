import * as z from 'zod/mini';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { parseStrictJson } from './strict-json.js';

/** A text without NUL, because some readers ignore the text after it. */
const text = z.string().check(z.regex(/^[^\0]*$/));
const texts = z.array(text);
const flag = z.optional(z.boolean());
/** Height and width of a terminal in characters. */
const consoleSize = z.optional(z.nullable(z.tuple([z.int().check(z.gte(0), z.lte(9999)), z.int().check(z.gte(0), z.lte(9999))])));

/**
 * A working directory outside of /proc and without `.` or `..`: links in /proc lead out of the container if its runtime leaks a descriptor.
 */
const workingDir = text.check(z.regex(/^(?!\/+proc(\/|$))(\/(?!\.\.?(\/|$))[^/]*)+$|^$/));

const createSchema = z.strictObject({
  Cmd: texts.check(z.minLength(1)),
  User: z.optional(text),
  Privileged: z.optional(z.literal(false)),
  Tty: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  AttachStderr: flag,
  Detach: flag,
  DetachKeys: z.optional(text.check(z.maxLength(100))),
  Env: z.optional(z.nullable(texts)),
  WorkingDir: z.optional(workingDir),
  ConsoleSize: consoleSize,
  // Some clients repeat the container here; daemons ignore it.
  Container: z.optional(text),
});

const startSchema = z.strictObject({ Detach: flag, Tty: flag, ConsoleSize: consoleSize });

export type ExecCreate = Omit<z.infer<typeof createSchema>, 'Container'>;
export type ExecStart = z.infer<typeof startSchema>;

/** Parses the body of an exec's creation: only known keys in their exact spelling, nothing privileged. Pure. */
export function parseCreate(body: Uint8Array): ExecCreate | Refusal {
  const parsed = parse(createSchema, body);
  if (isRefusal(parsed)) return parsed;
  const { Container: _, ...rest } = parsed;
  return rest;
}

/** Parses the body of an exec's start. Pure. */
export function parseStart(body: Uint8Array): ExecStart | Refusal {
  return parse(startSchema, body);
}

/**
 * Refuses a user other than the container's own. The rule has no exception for root (which could become any user in the command itself), so it
 * does not depend on the rights of users. Pure.
 */
export function checkUser(asked: string | undefined, own: string): Refusal | null {
  return !asked || asked === own ? null : refuse("User must be left out, or be the container's own");
}

function parse<S extends z.ZodMiniType<object>>(schema: S, body: Uint8Array): z.infer<S> | Refusal {
  const json = parseStrictJson(body);
  if (isRefusal(json)) return json;
  const result = schema.safeParse(json.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') return refuse(`unknown field ${JSON.stringify(issue.keys[0]).slice(0, 60)}`);
  return refuse(`${issue?.path.join('.') || 'the body'} has a value that is not allowed`);
}

import * as z from 'zod';
import * as f from './fields.js';

/** A missing or wrong value becomes `undefined`. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = maybe(z.string());
const size = maybe(f.amount('MB', 1));
const limit = maybe(f.amount('MB', 0));
const cpu = maybe(f.amount('millicores', 1));
const number = maybe(z.number());
const arch = maybe(z.enum(['amd64', 'arm64']));
const anything = z.unknown().optional();
const items = <T extends z.ZodType>(item: T) =>
  z
    .union([z.array(item), z.literal('no list')])
    .nullish()
    .catch('no list')
    .transform((value) => (value === 'no list' ? undefined : (value ?? [])));

const mount = z.object({
  name: text,
  source: text,
  mount_point: text,
  read_only: maybe(z.boolean()),
  copy_on_write: maybe(z.boolean()),
});

const files = items(z.object({ to: text }).catch({ to: undefined }));

const container = z
  .object({
    name: text,
    image: anything,
    entrypoint: anything,
    command: anything,
    files,
    env: anything,
    healthcheck: anything,
    once: anything,
    cpu,
    cpu_limit: cpu,
    memory: size,
    storage: limit,
    arch,
    mounts: items(maybe(mount)),
  })
  .optional()
  .catch(undefined);

const draftSchema = z.object({
  name: anything,
  backend: anything,
  cpu,
  cpu_limit: cpu,
  storage: limit,
  arch,
  engine: maybe(z.union([z.literal('idle'), z.object({ image: anything, entrypoint: anything, command: anything, files, port: number })])),
  volumes: items(z.object({ name: text, storage: size, medium: text }).catch({ name: undefined, storage: undefined, medium: undefined })),
  caches: items(z.object({ name: text, to: text, in: text }).catch({ name: undefined, to: undefined, in: undefined })),
  containers: items(container),
  service_containers: items(container),
  ports: items(z.object({ name: text, port: number, host: number }).catch({ name: undefined, port: undefined, host: undefined })),
  copy: items(z.object({ in: text }).catch({ in: undefined })),
  mode: anything,
  version: anything,
  edition: anything,
  os: anything,
  image: anything,
});

/** The input of the rules. Missing and wrong values are `undefined`, so that the rules also check the rest of a faulty file. */
export type Draft = z.output<typeof draftSchema>;
export type DraftMount = z.output<typeof mount>;
export type DraftContainer = NonNullable<z.output<typeof container>>;

/** The draft of a file's value; `undefined` if the value is no mapping. */
export function draftOf(value: unknown): Draft | undefined {
  return draftSchema.safeParse(value).data;
}

/** Every container with its path: first `containers`, then `service_containers`. */
export function containersOf(draft: Draft): { path: (string | number)[]; container: DraftContainer }[] {
  return (['containers', 'service_containers'] as const).flatMap((list) =>
    (draft[list] ?? []).flatMap((one, index) => (one ? [{ path: [list, index], container: one }] : [])),
  );
}

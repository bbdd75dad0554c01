import type * as z from 'zod';
import { MayflyError, type Problem } from '../../errors.js';
import { formatPath } from '../../spec/path.js';
import { nearest } from '../../spec/suggest.js';
import { toMicros } from '../money.js';
import type { NodeTerms } from '../nodes/terms.js';
import type { Allowances } from '../outside/rules.js';
import { defaultDispatchSettings, type DispatchSettings, type PublishSettings, type ResultsSettings } from '../settings.js';
import { type AllowDocument, type Kind, type ServeDocument, serveSchema } from './schema.js';

/** A node of the settings. */
export interface NodeSetting {
  /** Such as `docker` or `docker@build-2`. */
  name: string;
  /** The settings of its backend. */
  settings: Readonly<Record<string, string>>;
  asUser: boolean;
  /** Whether its workers run modules of WebAssembly. */
  functions: boolean;
  terms: NodeTerms;
  allow: Allowances;
}

export interface Organisation {
  allow: Allowances;
  /** At the same time: millicores, MB, workers. */
  most: { cpu?: number | undefined; memory?: number | undefined; workers?: number | undefined };
  /** Its share, in millicores and MB: below it, its runs go first. */
  guaranteed: { cpu?: number | undefined; memory?: number | undefined };
  /** Seconds; `null`: no limit. */
  maxDuration: number | null;
  rate: { perMinute: number; burst: number } | null;
  /** Millionths of a US dollar in a month; `null`: no limit. */
  budget: number | null;
}

export interface ServeSettings {
  /** `null`: none are named. */
  nodes: NodeSetting[] | null;
  organisations: ReadonlyMap<string, Organisation>;
  hosts: readonly string[];
  dispatch: DispatchSettings;
}

/**
 * Parses the mapping `serve` of a settings file.
 *
 * @throws MayflyError `settings_invalid` with all problems, each with its file and path
 */
export function parseServeSettings({ file, value }: { file: string; value: unknown }, kinds: readonly Kind[]): ServeSettings {
  const schema = serveSchema(kinds);
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => problemsOf(issue, file, schema)));
  const { nodes, organisations, hosts, ...own } = parsed.data;
  const found = nodes?.map((node) => nodeOf(node, kinds)) ?? null;
  const twice = found?.find(({ name }, index) => found.findIndex((other) => other.name === name) !== index);
  if (twice)
    throw invalid([
      { place: { file, path: 'serve.nodes' }, cause: `has the node ${twice.name} twice`, remedy: 'name each node differently' },
    ]);
  return {
    nodes: found,
    organisations: new Map(Object.entries(organisations).map(([name, one]) => [name, organisationOf(one)])),
    hosts,
    dispatch: {
      ...defaultDispatchSettings,
      attempts: own.attempts,
      minRetryPeriod: own.min_retry_period,
      maxRetryPeriod: own.max_retry_period,
      fenceMargin: own.margin,
      pollPeriod: own.poll_period,
      batch: own.batch,
      depth: own.depth,
      making: own.making,
      mostWaiting: own.most_waiting,
      taskOutputs: own.task_outputs * 2 ** 20,
      retention: own.retention,
      expiring: own.expiring,
      webhooks: own.webhooks,
      results: resultsOf(own.results),
    },
  };
}

function resultsOf({ directory, output, artifacts, total, publish, ...plain }: ServeDocument['results']): ResultsSettings {
  const bytes = { output: output * 2 ** 20, artifacts: artifacts * 2 ** 20, total: total * 2 ** 20 };
  return { ...plain, ...bytes, directory: directory ?? null, publish: publish ? publishOf(publish) : null };
}

function publishOf({ directory, bucket }: NonNullable<ServeDocument['results']['publish']>): PublishSettings | null {
  if (directory !== undefined) return { directory };
  return bucket ? { bucket: { ...bucket, prefix: bucket.prefix ?? '' } } : null;
}

function nodeOf(node: NonNullable<ServeDocument['nodes']>[number], kinds: readonly Kind[]): NodeSetting {
  const { name, backend, capacity, largest, labels, allow, functions, ...settings } = node;
  return {
    name: name === backend ? backend : `${backend}@${name}`,
    settings: Object.fromEntries(Object.entries(settings).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []))),
    functions: functions === true,
    asUser: kinds.some((kind) => kind.name === backend && kind.asUser),
    terms: { capacity: given(capacity), largest: given(largest), labels },
    allow: allowancesOf(allow),
  };
}

/** Without keys that have no value. */
function given<T extends object>(of: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as never;
}

function organisationOf({
  allow,
  most = {},
  guaranteed = {},
  max_duration,
  rate,
  budget,
}: ServeDocument['organisations'][string]): Organisation {
  return {
    allow: allowancesOf(allow),
    most,
    guaranteed,
    maxDuration: max_duration ?? null,
    rate: rate ? { perMinute: rate.per_minute, burst: rate.burst ?? rate.per_minute } : null,
    budget: budget ? toMicros(budget.usd) : null,
  };
}

function allowancesOf({ images, ...permissions }: AllowDocument): Allowances {
  return { images: images ? [images] : [], ...permissions };
}

function problemsOf(issue: z.core.$ZodIssue, file: string, schema: z.ZodType): Problem[] {
  const path = ['serve', ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    const keys = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const near = nearest(key, keys);
      const remedy = near ? `did you mean ${near}?` : `the keys here are ${keys.join(', ')}`;
      return { place: { file, path: formatPath([...path, key]) }, cause: 'is not a setting', remedy };
    });
  }
  const isMissing = issue.code === 'invalid_type' && issue.expected === 'object';
  const message = issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message;
  return [{ place: { file, path: formatPath(path) }, cause: isMissing ? 'must be a mapping' : message, remedy: 'see docs/serve.md' }];
}

/** The keys of the mapping at a path of the schema. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const def = schema._zod.def as z.core.$ZodTypes['_zod']['def'];
  if ('innerType' in def) return keysAt(def.innerType as z.ZodType, path);
  if (def.type === 'union') return [...new Set(def.options.flatMap((option) => keysAt(option as z.ZodType, path)))];
  const [part, ...rest] = path;
  if (def.type === 'object') return part === undefined ? Object.keys(def.shape) : keysIn(def.shape[String(part)], rest);
  if (def.type === 'array') return keysIn(def.element, rest);
  return def.type === 'record' ? keysIn(def.valueType, rest) : [];
}

function keysIn(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): string[] {
  return schema ? keysAt(schema as z.ZodType, path) : [];
}

function invalid(problems: Problem[]): MayflyError {
  const [first = { cause: 'the settings are invalid' }] = problems;
  return new MayflyError('settings_invalid', { ...first, problems });
}

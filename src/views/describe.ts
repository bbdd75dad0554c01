import type { Describe } from '../backends/ports/describe.js';
import type { AttributeChange, Change, Plan } from '../plan/plan.js';
import type { Value } from '../plan/resource-schema.js';
import { unknown } from '../plan/values.js';
import { everyCpu } from '../spec/cpu-limit.js';
import { engineExecs, enginePort } from '../spec/melodium.js';
import type { Offer } from '../spec/offer.js';
import { checkOf, engineName, type PortSpec, type SourceSpec, type WorkerSpec, everyContainer, unlimited } from '../spec/worker-spec.js';
import { cpus, dollars, duration, megabytes, short } from './format.js';

/** A resource in a few words: its image, port, size. */
export function describeResource({ type, name }: Pick<Change, 'type' | 'name'>, plan: Plan, describe: Describe): string {
  const { spec, offer } = plan;
  const own = describe.resource({ type, name }, plan);
  if (own !== null) return short(own);
  const volume = spec.volumes.find((one) => one.name === name);
  if (volume) {
    const where = volume.medium === 'memory' ? 'in memory' : 'on disk';
    return `${volume.storage} MB ${where}${describe.limitsVolume(volume, offer) ? '' : ' (size not enforced)'}`;
  }
  if (name === engineName) return describeEngine(spec, describe);
  // An address that an edit took out of the spec has no container.
  const container = everyContainer(spec).find((one) => one.name === name);
  if (!container) return '';
  return parts(
    container.image ?? container.command?.join(' '),
    checkOf(container) !== null && 'waits until healthy',
    container.once && 'waits until it ended with 0',
    ...container.sources.map(describeSource),
  );
}

function describeEngine(spec: WorkerSpec, describe: Describe): string {
  const { engine } = spec;
  const port = enginePort(spec);
  return parts(
    engine ? (engine.image ?? engine.command?.join(' ')) : describe.melodium(spec),
    port !== null && `port ${port}`,
    spec.ports.length > 0 && `publishes ${spec.ports.map(describePort).join(', ')}`,
    engine && checkOf(engine) !== null && 'waits until healthy',
    engineExecs(spec) && 'runs commands in its containers',
  );
}

function describeSource({ source, mount_point, read_only, copy_on_write }: SourceSpec): string {
  const how = read_only ? ' read-only' : copy_on_write ? ' copy-on-write' : '';
  return `mounts ${source} at ${mount_point}${how}`;
}

function describePort({ name, port, host }: PortSpec): string {
  return `${name} ${port}${host === null ? '' : ` at host port ${host}`}`;
}

function parts(...all: (string | false | null | undefined)[]): string {
  return all
    .filter((part) => typeof part === 'string' && part !== '')
    .map((part) => short(String(part)))
    .join(' · ');
}

/** The reasons and values of a change, a line each. */
export function describeChange(change: Change, plan: Plan, describe: Describe): string[] {
  if (change.action === 'create') return [describeResource(change, plan, describe)];
  if (change.action === 'delete') return ['no longer in the spec'];
  if (change.tainted) return ['it was not finished by an earlier apply (forces a replacement)'];
  return change.attributes.map(describeAttribute);
}

/** `memory: 512 → 1024`. Of a secret value, only the path is shown. */
export function describeAttribute({ path, before, after, replaces, secret }: AttributeChange): string {
  const what = secret
    ? `${path} changes`
    : after === unknown
      ? `${path} is known after apply`
      : `${path}: ${format(before)} → ${format(after)}`;
  return replaces ? `${what} (forces a replacement)` : what;
}

function format(value: Value): string {
  return short(value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value));
}

export function describeTotals({ spec, offer }: Plan): string {
  const asks = `asks ${cpus(offer.asks.cpu)} (${describeCpu(spec)}) · ${megabytes(offer.asks.memory)} memory · ${describeStorage(spec, offer)}`;
  return offer.has ? `${asks}      has ${cpus(offer.has.cpu)} · ${megabytes(offer.has.memory)}` : asks;
}

/** `share`, then the containers with a limit; `limit` where cpu is the limit of each container. */
function describeCpu(spec: WorkerSpec): string {
  const all = everyCpu(spec);
  if (all.every(({ share }) => share === null)) return 'limit';
  return ['share', ...all.flatMap(({ name, limit }) => (limit === null ? [] : [`${name} at most ${cpus(limit)}`]))].join('; ');
}

/** The storage asked for, and the containers without a limit. */
function describeStorage(spec: WorkerSpec, { asks }: Offer): string {
  const free = unlimited(spec);
  if (free.length === 0) return `${megabytes(asks.storage)} storage`;
  return asks.storage === 0 ? 'storage not limited' : `${megabytes(asks.storage)} storage (${free.join(', ')}: not limited)`;
}

/** `null` where it costs nothing, or its price is not known. */
export function describePrice({ offer: { price } }: Plan): string | null {
  return price && `costs at most ${dollars(price.most)} (${dollars(price.perHour)} an hour, prices of ${price.asOf})`;
}

export function describeHead({ spec, offer }: Plan): string {
  return `${spec.name} · ${offer.title} · ${offer.arch} · lives ${duration(spec.max_duration)} once ready`;
}

/** A line for each cache. */
export function describeCaches({ spec }: Plan): string[] {
  return spec.caches.map(
    ({ name, to, in: container, size, keep }) =>
      `cache ${name} at ${to} of ${container} · up to ${megabytes(size)} · kept ${duration(keep)} after its last use`,
  );
}

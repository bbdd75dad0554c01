import type { AttributeChange, Change, Plan } from '../plan/plan.js';
import { unknown } from '../plan/values.js';
import type { Value } from '../plan/resource-schema.js';
import { engineExecs, enginePort } from '../spec/melodium.js';
import { checkOf, engineName } from '../spec/worker-spec.js';
import { describeAws } from './describe-aws.js';
import { cpus, dollars, duration, megabytes } from './format.js';

/** What a resource is, in a few words: its image, port, size. */
export function describeResource({ name, type }: Pick<Change, 'name' | 'type'>, plan: Plan): string {
  const { spec, offer } = plan;
  const onAws = type.startsWith('aws_') ? describeAws(type, name, plan) : undefined;
  if (onAws !== undefined) return shorten(onAws);
  const volume = spec.volumes.find((one) => one.name === name);
  if (volume) {
    const where = volume.medium === 'memory' ? 'in memory' : 'on disk';
    const enforced = (volume.medium === 'memory' && type === 'docker_volume') || offer.facts.quota;
    return `${volume.storage} MB ${where}${enforced ? '' : ' (size not enforced)'}`;
  }
  if (name === engineName) {
    const { engine } = spec;
    return parts(
      engine ? (engine.image ?? engine.command?.join(' ')) : offer.backend === 'process' ? 'melodium' : spec.melodium?.image,
      enginePort(spec) !== null && `port ${enginePort(spec)}`,
      engine && checkOf(engine) !== null && 'waits until healthy',
      engineExecs(spec) && 'runs commands in its containers',
    );
  }
  const container = [...spec.containers, ...spec.service_containers].find((one) => one.name === name);
  // What an engine's commands go through is in no spec; nor is what an edit took out of it.
  if (name === 'engine_exec') return 'holds the socket of the engine';
  return parts(
    container?.image ?? container?.command?.join(' '),
    container && checkOf(container) !== null && 'waits until healthy',
    container?.once && 'waits until it ended with 0',
  );
}

function parts(...all: (string | false | null | undefined)[]): string {
  return all
    .filter((part) => typeof part === 'string' && part !== '')
    .map((part) => shorten(String(part)))
    .join(' · ');
}

/** `memory: 512 → 1024 MB`; a secret or an unknown value is only said to change. */
export function describeAttribute({ path, before, after, replaces, secret }: AttributeChange): string {
  const what = secret
    ? `${path} changes`
    : after === unknown
      ? `${path} is known after apply`
      : `${path}: ${format(before)} → ${format(after)}`;
  return replaces ? `${what} (forces a replacement)` : what;
}

function format(value: Value): string {
  return shorten(value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value));
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

export function describeTotals({ offer }: Plan): string {
  const asks = `asks ${cpus(offer.asks.cpu)} · ${megabytes(offer.asks.memory)} memory · ${megabytes(offer.asks.storage)} storage`;
  return offer.has ? `${asks}      has ${cpus(offer.has.cpu)} · ${megabytes(offer.has.memory)}` : asks;
}

/** `null` where it costs nothing, or nobody knows. */
export function describePrice({ offer: { price } }: Plan): string | null {
  return price && `costs at most ${dollars(price.most)} (${dollars(price.perHour)} an hour, prices of ${price.asOf})`;
}

export function describeHead({ spec, offer }: Plan): string {
  return `${spec.name} · ${offer.title} · ${offer.arch} · lives ${duration(spec.max_duration)} once ready`;
}

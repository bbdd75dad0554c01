import type { Offer, Price } from '../../src/spec/offer.js';
import { lifetime, totals, type WorkerSpec } from '../../src/spec/worker-spec.js';
import { memoryCapabilities as capabilities } from './capabilities.js';

/** What an offer depends on. */
export interface Host {
  name: string;
  endpoint: string;
  has: { cpu: number; memory: number };
  keeper: string | null;
  /** US dollars an hour. */
  price: number | null;
}

/** Answers a spec. Pure. */
export function makeOffer(spec: WorkerSpec, { name, endpoint, has, keeper, price: perHour }: Host): Offer {
  const asks = totals(spec);
  const price = perHour === null ? null : priceOf(spec, perHour);
  const reasons = [...refusals(spec, asks, has), ...costRefusals(spec, price)];
  return {
    ...{ backend: name, endpoint, accepted: reasons.length === 0, reasons, rounded: [], warnings: [], price, asks, has, keeper },
    unenforced: [`storage is not enforced: ${capabilities.storage.says}`],
    title: 'memory (this process)',
    arch: spec.arch ?? 'amd64',
    facts: { kind: 'memory', addresses: [spec.access.bind] },
  };
}

function priceOf(spec: WorkerSpec, perHour: number): Price {
  return { currency: 'USD', perHour, most: (perHour * lifetime(spec)) / 3600, asOf: '2026-01-01' };
}

function costRefusals({ max_cost }: WorkerSpec, price: Price | null): string[] {
  return price === null || max_cost === null || price.most <= max_cost ? [] : ['it may cost more than max_cost: ask for less time'];
}

function refusals({ engine }: WorkerSpec, asks: Offer['asks'], has: Host['has']): string[] {
  const reasons: string[] = [];
  if (engine === null) reasons.push(`${capabilities.melodium.says}: give an engine of its own`);
  if (asks.cpu > has.cpu) reasons.push(`it asks for ${asks.cpu} millicores, and the node has ${has.cpu}: ask for less`);
  if (asks.memory > has.memory) reasons.push(`it asks for ${asks.memory} MB of memory, and the node has ${has.memory}: ask for less`);
  return reasons;
}

import type { AccountFacts } from '../../../src/backends/aws/offer.js';
import { makeOffer } from '../../../src/backends/aws/offer.js';
import type { Offer } from '../../../src/spec/offer.js';
import { parseSpec } from '../../../src/spec/parse.js';
import type { ParseOptions } from '../../../src/spec/loaded-spec.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';
import { base, options } from '../../spec/support.js';

/** An account as a plan finds it. */
export const account: AccountFacts = {
  endpoint: 'ecs:eu-west-1/mayfly',
  region: 'eu-west-1',
  account: '123456789012',
  partition: 'aws',
  owner: 'arn:aws:iam::123456789012:user/ci',
  cluster: 'mayfly',
  vpc: 'vpc-0a',
  subnets: ['subnet-0a', 'subnet-0b'],
  needsPublicAddress: false,
};

/** A spec of these lines beside the least: 60 s, 500 millicores, 256 MB, 100 MB of storage. */
export function specOf(text: string, more: Partial<ParseOptions> = {}): WorkerSpec {
  return parseSpec(base + text, { ...options, ...more }).spec;
}

export function offerOf(text: string, facts: Partial<AccountFacts> = {}, more: Partial<ParseOptions> = {}): Offer {
  return makeOffer(specOf(text, more), { ...account, ...facts });
}

export const engine = 'engine: {image: alpine}\n';

/** A container's line of a list. */
export const box = (name: string, more = '') => `  - {name: ${name}, image: busybox, cpu: 500, memory: 256, storage: 100${more}}\n`;

import type { Arch } from '../../spec/worker-spec.js';

/** US dollars for an hour. */
export interface Rates {
  /** For one vCPU. */
  cpu: number;
  /** For one GiB of memory. */
  memory: number;
}

export interface RegionPrices extends Record<Arch, Rates> {
  /** For one GiB of ephemeral storage beyond the free 20 GiB. */
  storage: number;
}

const first = { amd64: { cpu: 0.04048, memory: 0.004445 }, arm64: { cpu: 0.03238, memory: 0.00356 }, storage: 0.000111 };
const second = { amd64: { cpu: 0.04656, memory: 0.00511 }, arm64: { cpu: 0.03725, memory: 0.00409 }, storage: 0.000129 };
const third = { amd64: { cpu: 0.05056, memory: 0.00553 }, arm64: { cpu: 0.04045, memory: 0.00442 }, storage: 0.000133 };

/**
 * Prices of Fargate on demand, Linux, before taxes and discounts. Regions that are not listed have no price. All of us-west-2, ARM and
 * storage of eu-central-1, and storage of us-east-2 and eu-west-1 are taken from a region with the same x86 prices.
 */
export const priceTable: { asOf: string; source: string; publicAddress: number; regions: Record<string, RegionPrices> } = {
  /** Date of the oldest price in the table. */
  asOf: '2026-05-01',
  source: 'AWS Price List: AmazonECS, AmazonVPC',
  /** For a public IPv4 address, in every region. */
  publicAddress: 0.005,
  regions: {
    'us-east-1': first,
    'us-east-2': first,
    'us-west-2': first,
    'eu-west-1': first,
    'eu-west-2': second,
    'eu-central-1': second,
    'ap-northeast-1': third,
  },
};

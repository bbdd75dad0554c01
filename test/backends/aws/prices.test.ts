import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Priced, priceOf } from '../../../src/backends/aws/prices.js';
import { priceTable } from '../../../src/backends/aws/price-table.js';
import { sizes, smallestShape } from '../../../src/backends/aws/shape.js';
import { unitsOf } from '../../../src/spec/units.js';
import { dollars } from '../../../src/spec/units.js';

const hour = 3600;
const task: Priced = {
  shape: { cpu: 1024, memory: 2048, storage: null },
  arch: 'amd64',
  region: 'us-east-1',
  public: false,
  lifetime: hour,
};

describe('the price of an hour', () => {
  const cases: Record<string, [Partial<Priced>, number]> = {
    'one vCPU and 2 GB': [{}, 0.04048 + 2 * 0.004445],
    'on ARM': [{ arch: 'arm64' }, 0.03238 + 2 * 0.00356],
    'a quarter and half a GB': [{ shape: { cpu: 256, memory: 512, storage: null } }, 0.25 * 0.04048 + 0.5 * 0.004445],
    'storage beyond the free 20 GiB': [{ shape: { ...task.shape, storage: 50 } }, 0.04048 + 2 * 0.004445 + 30 * 0.000111],
    'a public address': [{ public: true }, 0.04048 + 2 * 0.004445 + 0.005],
    'another region': [{ region: 'eu-central-1' }, 0.04656 + 2 * 0.00511],
  };
  test.each(Object.entries(cases))('%s', (_name, [over, perHour]) => {
    const price = priceOf({ ...task, ...over })!;
    expect(price.perHour).toBeCloseTo(perHour, 10);
    expect(price.most).toBeCloseTo(perHour, 10);
  });
});

describe('the most it may cost', () => {
  const most = (lifetime: number) => priceOf({ ...task, lifetime })!.most / priceOf(task)!.perHour;
  test('by the second', () => expect(most(100)).toBeCloseTo(100 / hour, 10));
  test('a minute at least', () => expect(most(2)).toBeCloseTo(60 / hour, 10));
  test('a day', () => expect(most(86_400)).toBeCloseTo(24, 10));
});

test('no price in a region that is not in the table', () => expect(priceOf({ ...task, region: 'mx-central-1' })).toBeNull());

test('the table is dated, and says where it is from', () => {
  expect(priceTable.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(priceTable.source).toContain('AmazonECS');
  expect(priceOf(task)!.asOf).toBe(priceTable.asOf);
  for (const { amd64, arm64 } of Object.values(priceTable.regions)) expect(arm64.cpu).toBeLessThan(amd64.cpu);
});

test('no legal shape that holds it is cheaper than the smallest', () => {
  const needs = fc.record({
    cpu: fc.integer({ min: 1, max: 16_000 }),
    memory: fc.integer({ min: 6, max: 122_880 }),
    disk: fc.constant(0),
    images: fc.constant(0),
  });
  const costOf = (cpu: number, memory: number) => priceOf({ ...task, shape: { cpu, memory, storage: null } })!.perHour;
  fc.assert(
    fc.property(needs, (asked) => {
      const { cpu, memory } = smallestShape(asked).shape!;
      const holding = sizes.flatMap((size) =>
        size.memory.filter((one) => size.cpu >= unitsOf(asked.cpu) && one >= asked.memory).map((one) => costOf(size.cpu, one)),
      );
      expect(costOf(cpu, memory)).toBe(Math.min(...holding));
    }),
    { seed: Number(process.env.MAYFLY_TEST_SEED ?? Date.now()), numRuns: 300 },
  );
});

describe('sums of money as people read them, rounded up', () => {
  const cases: Record<string, [number, string]> = {
    'dollars and cents': [12.345, '$12.35'],
    'a whole sum': [12, '$12.00'],
    'ten cents': [0.1, '$0.10'],
    'a sum whose floating point is above it': [0.1 + 0.2, '$0.30'],
    'less than ten cents': [0.0494, '$0.050'],
    'less than a cent': [0.00041, '$0.00041'],
  };
  test.each(Object.entries(cases))('%s', (_name, [amount, text]) => expect(dollars(amount)).toBe(text));
});

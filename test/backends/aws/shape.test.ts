import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Needs, needsOf, smallestShape } from '../../../src/backends/aws/shape.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { base, options } from '../../spec/support.js';

const GiB = 1024;

/** Millicores, MB of memory and of disk. */
type Asked = [cpu: number, memory: number, disk?: number];
/** Units, MiB, GiB beyond the free 20. */
type Given = [cpu: number, memory: number, storage: number | null];

const shapeOf = ([cpu, memory, disk = 0]: Asked) => smallestShape({ cpu, memory, disk, images: 0 });

describe('Fargate shapes: legal ones are given as they are asked for', () => {
  const cases: Record<string, [Asked, Given]> = {
    'a quarter and 512 MB, the least': [
      [250, 512],
      [256, 512, null],
    ],
    'a quarter and 1 GB': [
      [250, 1024],
      [256, 1024, null],
    ],
    'a quarter and 2 GB, the most of it': [
      [250, 2048],
      [256, 2048, null],
    ],
    'a half and 1 GB': [
      [500, 1024],
      [512, 1024, null],
    ],
    'a half and 3 GB': [
      [500, 3072],
      [512, 3072, null],
    ],
    'a half and 4 GB': [
      [500, 4096],
      [512, 4096, null],
    ],
    'one and 2 GB': [
      [1000, 2048],
      [1024, 2048, null],
    ],
    'one and 5 GB': [
      [1000, 5120],
      [1024, 5120, null],
    ],
    'one and 8 GB': [
      [1000, 8192],
      [1024, 8192, null],
    ],
    'two and 4 GB': [
      [2000, 4096],
      [2048, 4096, null],
    ],
    'two and 16 GB': [
      [2000, 16384],
      [2048, 16384, null],
    ],
    'four and 8 GB': [
      [4000, 8192],
      [4096, 8192, null],
    ],
    'four and 30 GB': [
      [4000, 30720],
      [4096, 30720, null],
    ],
    'eight and 16 GB': [
      [8000, 16384],
      [8192, 16384, null],
    ],
    'eight and 60 GB': [
      [8000, 61440],
      [8192, 61440, null],
    ],
    'sixteen and 32 GB': [
      [16000, 32768],
      [16384, 32768, null],
    ],
    'sixteen and 120 GB, the most': [
      [16000, 122880],
      [16384, 122880, null],
    ],
    'no storage': [
      [250, 512, 0],
      [256, 512, null],
    ],
    '20 GiB of storage, that every task has': [
      [250, 512, 20 * GiB],
      [256, 512, null],
    ],
    '21 GiB of storage, the least that can be asked for': [
      [250, 512, 21 * GiB],
      [256, 512, 21],
    ],
    '200 GiB of storage, the most': [
      [250, 512, 200 * GiB],
      [256, 512, 200],
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [asked, [cpu, memory, storage]]) => {
    expect(shapeOf(asked)).toEqual({ shape: { cpu, memory, storage }, reasons: [] });
  });
});

describe('Fargate shapes: others are rounded up', () => {
  const cases: Record<string, [Asked, Given]> = {
    'one millicore and 6 MB': [
      [1, 6],
      [256, 512, null],
    ],
    'a millicore more than a quarter': [
      [251, 512],
      [512, 1024, null],
    ],
    'a MB more than 512': [
      [250, 513],
      [256, 1024, null],
    ],
    'a MB more than 1 GB': [
      [250, 1025],
      [256, 2048, null],
    ],
    'memory of a quarter runs out': [
      [250, 2049],
      [512, 3072, null],
    ],
    'memory of a half runs out': [
      [100, 4097],
      [1024, 5120, null],
    ],
    'memory of one runs out': [
      [100, 8193],
      [2048, 9216, null],
    ],
    'memory of two runs out': [
      [100, 16385],
      [4096, 17408, null],
    ],
    'memory of four runs out': [
      [100, 30721],
      [8192, 32768, null],
    ],
    'memory of eight runs out': [
      [100, 61441],
      [16384, 65536, null],
    ],
    'cpu that brings more memory than asked': [
      [900, 100],
      [1024, 2048, null],
    ],
    'much cpu and little memory': [
      [16000, 512],
      [16384, 32768, null],
    ],
    'cpu between two and four': [
      [2500, 6000],
      [4096, 8192, null],
    ],
    'cpu between four and eight': [
      [4001, 8192],
      [8192, 16384, null],
    ],
    'cpu between eight and sixteen': [
      [8001, 20000],
      [16384, 32768, null],
    ],
    'memory of eight in steps of 4 GB': [
      [8000, 16385],
      [8192, 20480, null],
    ],
    'memory of sixteen in steps of 8 GB': [
      [16000, 32769],
      [16384, 40960, null],
    ],
    'a MB beyond the free storage': [
      [250, 512, 20 * GiB + 1],
      [256, 512, 21],
    ],
    'storage in whole GiB': [
      [250, 512, 30 * GiB + 1],
      [256, 512, 31],
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [asked, [cpu, memory, storage]]) => {
    expect(shapeOf(asked)).toEqual({ shape: { cpu, memory, storage }, reasons: [] });
  });
});

describe('Fargate shapes: too much is refused, and says how much there is', () => {
  const cases: Record<string, [Asked, RegExp[]]> = {
    'a millicore beyond sixteen': [[16001, 512], [/asks for 16\.001 CPU in all.*at most 16\.0 CPU: ask for less/]],
    'a MB beyond 120 GB': [[250, 122881], [/asks for 122881 MB of memory in all.*at most 122880: ask for less/]],
    'a MB beyond 200 GiB': [[250, 512, 200 * GiB + 1], [/needs 204801 MB of storage in all.*at most 204800: ask for less/]],
    'everything at once': [
      [100_000, 1_000_000, 1_000_000],
      [/100\.0 CPU/, /1000000 MB of memory/, /1000000 MB of storage/],
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [asked, reasons]) => {
    expect(shapeOf(asked)).toEqual({ shape: null, reasons: reasons.map((one) => expect.stringMatching(one)) });
  });
});

describe('what a spec needs of its task', () => {
  const box = (name: string, more: string) => `  - {name: ${name}, image: busybox, cpu: 500, memory: 256, ${more}}\n`;
  const cases: Record<string, [text: string, Partial<Needs>]> = {
    'cpu and memory add up': [
      `engine: {image: alpine}\ncontainers:\n${box('a', 'storage: 0')}${box('b', 'storage: 0')}`,
      { cpu: 1500, memory: 768 },
    ],
    'each image has its allowance': [`engine: {image: alpine}\ncontainers:\n${box('a', 'storage: 0')}`, { images: 4096 }],
    'one image twice is there once': [`engine: {image: busybox}\ncontainers:\n${box('a', 'storage: 0')}`, { images: 2048 }],
    "a Mélodium engine's image counts": ['version: 0.11.0\n', { images: 2048 }],
    'storage adds up, with the images': [`engine: {image: busybox}\ncontainers:\n${box('a', 'storage: 50')}`, { disk: 100 + 50 + 2048 }],
    'volumes are in the storage of the engine already, and there once': [
      `engine: {image: busybox}\nvolumes: [{name: work, storage: 40}]\ncontainers:\n${box('a', 'storage: 50, mounts: [{name: work, mount_point: /w}]')}${box('b', 'storage: 40, mounts: [{name: work, mount_point: /w}]')}`,
      { disk: 100 + 10 + 2048 },
    ],
    'a volume at two places of a container is there once': [
      `engine: {image: busybox}\nvolumes: [{name: work, storage: 40}]\ncontainers:\n${box('a', 'storage: 50, mounts: [{name: work, mount_point: /w}, {name: work, mount_point: /v}]')}`,
      { disk: 100 + 10 + 2048 },
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [text, wanted]) => {
    expect(needsOf(parseSpec(base + text, options).spec)).toMatchObject(wanted);
  });
});

/** As Fargate's documentation has them: cpu units, the least and the most GiB of memory, the GiB of a step. */
const legal: [cpu: number, least: number, most: number, step: number][] = [
  [512, 1, 4, 1],
  [1024, 2, 8, 1],
  [2048, 4, 16, 1],
  [4096, 8, 30, 1],
  [8192, 16, 60, 4],
  [16384, 32, 120, 8],
];
const shapes = [512, 1024, 2048].map((memory) => ({ cpu: 256, memory }));
for (const [cpu, least, most, step] of legal) {
  for (let memory = least; memory <= most; memory += step) shapes.push({ cpu, memory: memory * GiB });
}

test('any shape is legal, holds what is asked, and is the smallest that does', () => {
  const needs = fc.record({
    cpu: fc.integer({ min: 1, max: 16_000 }),
    memory: fc.integer({ min: 6, max: 122_880 }),
    disk: fc.integer({ min: 0, max: 200 * GiB }),
    images: fc.constant(0),
  });
  fc.assert(
    fc.property(needs, (asked) => {
      const { cpu, memory, storage } = smallestShape(asked).shape!;
      expect(shapes).toContainEqual({ cpu, memory });
      expect((cpu * 1000) / 1024).toBeGreaterThanOrEqual(asked.cpu);
      expect(memory).toBeGreaterThanOrEqual(asked.memory);
      expect((storage ?? 20) * GiB).toBeGreaterThanOrEqual(asked.disk);
      expect(storage === null || (storage >= 21 && storage <= 200 && storage * GiB - asked.disk < GiB)).toBe(true);
      const smaller = shapes.filter(
        (one) =>
          (one.cpu * 1000) / 1024 >= asked.cpu && one.memory >= asked.memory && (one.cpu < cpu || (one.cpu === cpu && one.memory < memory)),
      );
      expect(smaller).toEqual([]);
    }),
    { seed: Number(process.env.MAYFLY_TEST_SEED ?? Date.now()), numRuns: 1000 },
  );
});

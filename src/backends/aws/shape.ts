import type { FargateShape } from './names.js';
import { cpus, millicoresOf, unitsOf } from '../../spec/units.js';
import { totals, type WorkerSpec, everyContainer } from '../../spec/worker-spec.js';

const GiB = 1024;

/** Task sizes of Fargate for Linux: cpu units (1024 are one vCPU), and the MiB of memory that each allows. */
export const sizes: readonly { cpu: number; memory: readonly number[] }[] = [
  { cpu: 256, memory: [512, 1024, 2048] },
  { cpu: 512, memory: steps(1 * GiB, 4 * GiB, GiB) },
  { cpu: 1024, memory: steps(2 * GiB, 8 * GiB, GiB) },
  { cpu: 2048, memory: steps(4 * GiB, 16 * GiB, GiB) },
  { cpu: 4096, memory: steps(8 * GiB, 30 * GiB, GiB) },
  { cpu: 8192, memory: steps(16 * GiB, 60 * GiB, 4 * GiB) },
  { cpu: 16384, memory: steps(32 * GiB, 120 * GiB, 8 * GiB) },
];

const largest = sizes.at(-1)!;

/** GiB of ephemeral storage that are free for every task, and the limits of larger storage. */
export const freeStorage = 20;
const leastStorage = 21;
const mostStorage = 200;

/**
 * Estimated MB of a task's disk for one image: Fargate stores it packed and unpacked. An image's size is unknown before it is pulled; this is
 * the size of a large one (a toolchain). Beyond the free 20 GiB, one GiB costs a hundredth of a cent an hour.
 */
export const imageAllowance = 2 * GiB;

export interface Needs {
  /** Millicores. */
  cpu: number;
  /** MB. */
  memory: number;
  /** MB of disk, images included. */
  disk: number;
  /** MB of `disk` that are for images. */
  images: number;
}

/** The resources that a spec needs in its task. */
export function needsOf(spec: WorkerSpec): Needs {
  const { cpu, memory, storage } = totals(spec);
  const containers = everyContainer(spec);
  const images = new Set([spec.engine?.image ?? spec.melodium?.image, ...containers.map(({ image }) => image)].filter(Boolean)).size;
  return { cpu, memory, disk: storage + images * imageAllowance, images: images * imageAllowance };
}

/** The smallest valid shape for the needs, or the reasons why there is none. */
export function smallestShape(needs: Needs): { shape: FargateShape; reasons: [] } | { shape: null; reasons: string[] } {
  const reasons = tooMuch(needs);
  const size = sizes.find(({ cpu, memory }) => cpu >= unitsOf(needs.cpu) && memory.at(-1)! >= needs.memory);
  if (reasons.length > 0 || !size) return { shape: null, reasons };
  return { shape: { cpu: size.cpu, memory: size.memory.find((one) => one >= needs.memory)!, storage: storageOf(needs) }, reasons: [] };
}

function storageOf({ disk }: Needs): FargateShape['storage'] {
  const needed = Math.ceil(disk / GiB);
  return needed <= freeStorage ? null : Math.max(needed, leastStorage);
}

function tooMuch({ cpu, memory, disk, images }: Needs): string[] {
  const reasons: string[] = [];
  const most = { cpu: millicoresOf(largest.cpu), memory: largest.memory.at(-1)!, disk: mostStorage * GiB };
  if (cpu > most.cpu) reasons.push(`it asks for ${cpus(cpu)} in all, and a task of Fargate has at most ${cpus(most.cpu)}: ask for less`);
  if (memory > most.memory) {
    reasons.push(`it asks for ${memory} MB of memory in all, and a task of Fargate has at most ${most.memory}: ask for less`);
  }
  if (disk > most.disk) {
    reasons.push(
      `it needs ${disk} MB of storage in all (${images} of them for images), and a task of Fargate has at most ${most.disk}: ask for less`,
    );
  }
  return reasons;
}

function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => from + index * step);
}

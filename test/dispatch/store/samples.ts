import { type Run, unplaced } from '../../../src/dispatch/run.js';
import type { NewRun } from '../../../src/dispatch/store/store.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';

/** The store keeps a spec as it is. */
const spec = { name: 'build', engine: { image: 'engine:1' } } as unknown as WorkerSpec;
const asks = { cpu: 500, memory: 256, storage: 100 };

/** The same number gives the same run; later numbers are younger. */
export function sampleRun(number: number, change: Partial<Run> = {}): Run {
  return {
    ...unplaced,
    ...{ id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, organisation: 'red', revision: 1 },
    ...{ priority: 500, labels: {}, program: { name: null, params: {}, args: [] }, name: 'build', spec, asks, attempts: 3 },
    createdAt: 1_000 + number,
    ...change,
  };
}

export function newRun(number: number, change: Partial<Run> = {}): NewRun {
  const run = sampleRun(number, change);
  return {
    run,
    secrets: Uint8Array.of(number & 255, 0, 255),
    bodyHash: `body of ${number}`,
    event: { at: run.createdAt, type: 'queued', data: {} },
  };
}

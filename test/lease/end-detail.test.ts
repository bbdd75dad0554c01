import { describe, expect, test } from 'vitest';
import { describeEnd } from '../../src/events.js';
import { endOf } from '../../src/lease/end-detail.js';
import type { ContainerReport } from '../../src/state/container-report.js';
import { openScene } from '../memory/scene.js';
import { seed, type Seed, seedLease } from '../memory/seed.js';

const engine = (more: Partial<ContainerReport>): ContainerReport => ({
  ...{ container: 'engine', status: 'exited', exitCode: 137, outOfMemory: false, memoryLimit: 512, lastLines: [] },
  ...more,
});

async function objectsOf(seeded: Seed, then: (scene: Awaited<ReturnType<typeof openScene>>) => void = () => {}) {
  const scene = await openScene();
  seed(scene.node, seeded);
  then(scene);
  return scene.client().backend.list('one');
}

describe('the sentence of an end', () => {
  test.for<[string, ContainerReport[], string, string]>([
    ['an engine that ended', [engine({ exitCode: 3 })], 'engine_ended', 'engine ended with exit code 3'],
    ['an engine without a report', [], 'engine_ended', 'engine ended with exit code 7'],
    [
      'an engine that was killed for its memory',
      [engine({ outOfMemory: true })],
      'out_of_memory',
      'engine ran out of memory (limit 512 MB)',
    ],
    [
      'an engine that lost a process, and ended later',
      [engine({ outOfMemory: true, exitCode: 1 })],
      'engine_ended',
      'engine ended with exit code 1',
    ],
    ['an engine that somebody killed', [engine({})], 'engine_ended', 'engine ended with exit code 137'],
    [
      'another container that was killed for its memory',
      [engine({ exitCode: 3 }), engine({ container: 'db', outOfMemory: true })],
      'engine_ended',
      'engine ended with exit code 3',
    ],
  ])('%s', async ([, reports, reason, sentence]) => {
    const objects = await objectsOf({}, ({ hand }) => hand.exit('one', 'engine', 7));
    const end = endOf('engine_ended', objects, reports);
    expect([end.reason, describeEnd(end)]).toEqual([reason, sentence]);
  });

  test.for<[string, Seed, number | null, string]>([
    ['its max_duration', { lifetime: 1500 }, 900, 'expired after 15 min'],
    ['the time since its creation, where its end was moved back', { lifetime: 1500 }, 5400, 'expired after 1 h 30 min'],
    ['the time since its creation, where it was never ready', { lifetime: 1500 }, null, 'expired after 25 min'],
  ])('an expired worker: %s', async ([, seeded, lease, sentence]) => {
    const objects = await objectsOf({ ...seeded, lease: null }, ({ node }) => lease !== null && seedLease(node, 'one', lease));
    expect(endOf('expired', objects, [])).toEqual({ reason: 'expired', detail: sentence });
  });

  test('other reasons have the words of the reason', () => {
    expect(describeEnd(endOf('create_timeout', [], []))).toBe('create timeout');
  });
});

import { describe, expect, test } from 'vitest';
import type { Applier, ApplierName } from '../../src/apply/applier.js';
import { systemClock } from '../../src/clock.js';
import { MayflyError } from '../../src/errors.js';
import type { MayflyEvent } from '../../src/events.js';
import type { BackendName } from '../../src/spec/worker-spec.js';
import { StateLayout } from '../../src/state/layout.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import type { Call } from '../../src/worker/call.js';
import { defaultSettings } from '../../src/worker/settings.js';
import { tempDir } from '../support/temp-dir.js';
import { entries } from '../../src/backends/registry.js';
import { oneOfEach, openNodes } from '../../src/runtime/nodes.js';

interface Given {
  applier?: ApplierName;
  remote?: boolean;
  backend?: BackendName;
  forget?: () => Promise<void>;
}

/** A worker that has ended, in a call where every backend answers that it has nothing. */
async function ended({ applier = 'embedded', remote = false, backend = 'aws', forget = async () => {} }: Given) {
  const layout = new StateLayout(await tempDir('state'), systemClock);
  await layout.history.add({ worker: 'w', backend, endpoint: '', reason: 'expired', endedAt: Date.now(), containers: [] });
  const events: MayflyEvent[] = [];
  const forgotten: string[] = [];
  const call = {
    layout,
    settings: { ...defaultSettings, applier, stateBackend: remote ? { type: 'pg', config: {} } : null },
    emit: (event: MayflyEvent) => events.push(event),
    nodes: openNodes({ entries, nodes: oneOfEach(entries, {}), env: {}, clock: systemClock }),
    openNode: (name: BackendName) => Promise.resolve({ name, endpoint: '', clockSkew: async () => 0, list: async () => [] }),
    openApplier: async (): Promise<Partial<Applier>> => ({
      async forget(one) {
        forgotten.push(`${one.backend}/${one.worker}`);
        await forget();
      },
    }),
  } as unknown as Call;
  const result = await destroyWorker(call, 'w', {});
  expect(result).toMatchObject({ done: true, gone: true, last: { reason: 'expired' } });
  return { forgotten, said: events.map((event) => ('message' in event ? event.message : event.type)) };
}

describe('a worker that is gone already', () => {
  test('is gone already', async () => {
    expect(await ended({})).toEqual({ forgotten: [], said: [] });
    expect(await ended({ applier: 'terraform' })).toEqual({ forgotten: [], said: [] });
  });

  test('its remote state is emptied all the same', async () => {
    expect(await ended({ applier: 'terraform', remote: true })).toEqual({ forgotten: ['aws/w'], said: [] });
  });

  test('a remote state that can’t be emptied is told of', async () => {
    const forget = () => Promise.reject(new MayflyError('applier_failed', { cause: 'no route to host' }));
    const { said } = await ended({ applier: 'tofu', remote: true, forget });
    expect(said).toEqual(['its remote state could not be emptied: no route to host; run the same command again']);
  });

  test('the embedded applier says whose job a remote state is', async () => {
    const { forgotten, said } = await ended({ remote: true });
    expect(forgotten).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/state in pg.*`mayfly destroy w --backend aws --applier terraform`/)]);
    expect((await ended({ remote: true, backend: 'process' })).said).toEqual([]);
  });
});

import type { MovedRun } from '../../../src/dispatch/moves/document.js';
import type { Importing } from '../../../src/dispatch/moves/import.js';
import type { DispatchSettings } from '../../../src/dispatch/settings.js';
import { openStore } from '../../../src/dispatch/store/open.js';
import type { Store } from '../../../src/dispatch/store/store.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';
import { smallSpec } from '../../memory/scene.js';
import { untilIdle } from '../../support/idle.js';
import { afterTest } from '../../support/temp-dir.js';
import { type Service, type Serving, serving } from '../scene.js';

/** Ids of the two installations; the first is that of `serve` without an id. */
export const ids = { a: '00000000-0000-4000-8000-00000000abcd', b: '11111111-0000-4000-8000-00000000abcd' };

/** A spec as it arrives over HTTP: with its organisation. */
export const spec: WorkerSpec = smallSpec({ organization_id: 'team', max_duration: 120 });

export interface Two extends Serving {
  a: Service;
  b: Service;
  startA(): Promise<Service>;
  startB(): Promise<Service>;
}

/** Two installations with stores of their own, on one node. */
export async function two(settings: Partial<DispatchSettings> = {}): Promise<Two> {
  const scene = await serving();
  const durable = await open();
  const startA = () => scene.serve(settings);
  const startB = () => scene.serve({}, undefined, {}, { durable, id: ids.b });
  return { ...scene, a: await startA(), b: await startB(), startA, startB };
}

export async function open(): Promise<Store> {
  const store = await openStore({ directory: null, version: 'test' });
  afterTest(() => store.close());
  return store;
}

export async function importAt({ dispatcher }: Service, document: MovedRun, more: Partial<Importing> = {}) {
  const imported = await dispatcher.imports.import({ organisation: 'team', document, spec, secrets: () => null, ...more });
  await untilIdle();
  return imported;
}

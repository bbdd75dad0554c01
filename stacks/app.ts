import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'cdktf/lib/app.js';
import type { Entry } from '../src/backends/ports/entry.js';
import { entries } from '../src/backends/registry.js';
import { systemClock } from '../src/clock.js';
import { loadSpecs } from '../src/spec/load.js';
import type { Offer } from '../src/spec/offer.js';
import { totals, type WorkerSpec } from '../src/spec/worker-spec.js';
import { offerOrLeftOut } from './left-out.js';

/**
 * Entry point for cdktf (`app` of cdktf.json). Synthesizes every spec of the folder `MAYFLY_SPECS` (default: `examples`) into `cdktf.out`. A
 * Docker daemon is not asked: its stacks need only the addresses. AWS is asked for an offer, because its stacks name the account and the
 * network. A spec that AWS refuses or cannot answer is reported and left out.
 */
const folder = process.env['MAYFLY_SPECS'] ?? 'examples';
/** Seconds: the default of the settings. */
const defaultLongest = 2_592_000;
const app = new App();
for (const file of (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort()) {
  for (const { spec } of await loadSpecs(join(folder, file), { env: process.env, cwd: process.cwd() })) {
    const entry = entries.find(({ name }) => name === (spec.backend ?? (spec.engine?.image ? 'docker' : 'process')));
    if (!entry) continue;
    const offer = entry.unnamed ? unasked(spec, entry.name) : await ask(spec, entry);
    if (!offer) continue;
    const input = { spec, offer, longest: defaultLongest };
    new (await entry.loadStack())(app, input);
  }
}
app.synth();

function ask(spec: WorkerSpec, { name, load }: Entry): Promise<Offer | null> {
  const offer = async () => {
    const { open } = await load();
    const backend = open({ node: name, env: process.env, clock: systemClock });
    return backend.offer(spec).finally(() => backend.close());
  };
  return offerOrLeftOut(spec.name, offer, console.error);
}

function unasked(spec: WorkerSpec, backend: string): Offer {
  return {
    backend,
    endpoint: '',
    accepted: true,
    reasons: [],
    unenforced: [],
    rounded: [],
    warnings: [],
    title: 'unasked',
    arch: spec.arch ?? 'amd64',
    asks: totals(spec),
    has: null,
    facts: { kind: backend, addresses: [spec.access.bind], ...(backend === 'docker' && { quota: false, exec: '/run/mayfly' }) },
    price: null,
    keeper: null,
  };
}

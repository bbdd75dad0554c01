import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'cdktf/lib/app.js';
import { loadSpec } from '../src/spec/load.js';
import type { Offer } from '../src/spec/offer.js';
import { totals, type WorkerSpec } from '../src/spec/worker-spec.js';
import { stackOf } from './index.js';

/**
 * cdktf's own way in (`app` of cdktf.json): synthesizes every spec of the folder `MAYFLY_SPECS` (`examples`) into `cdktf.out`. No
 * backend is asked, so nothing of its offer but the addresses stands in the stacks.
 */
const folder = process.env['MAYFLY_SPECS'] ?? 'examples';
/** The settings' own default: a month. */
const defaultLongest = 2_592_000;
const app = new App();
for (const file of (await readdir(folder)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort()) {
  const { spec } = await loadSpec(join(folder, file), { env: process.env, cwd: process.cwd() });
  const input = { spec, offer: unasked(spec), longest: defaultLongest };
  new (await stackOf(input))(app, input);
}
app.synth();

function unasked(spec: WorkerSpec): Offer {
  return {
    backend: spec.backend ?? (spec.engine?.image ? 'docker' : 'process'),
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
    facts: { addresses: [spec.access.bind], quota: false, exec: '/run/mayfly', root: null, aws: null },
    price: null,
    keeper: null,
  };
}

import type { Describe } from '../../src/backends/ports/describe.js';
import type { AttributeChange, Change, Plan } from '../../src/plan/plan.js';
import type { Stack } from '../../src/plan/stack.js';
import type { Value } from '../../src/plan/resource-schema.js';
import type { Offer } from '../../src/spec/offer.js';
import type { Paint } from '../../src/views/paint.js';
import { base, offerOf, specOf } from '../stacks/support.js';

/** Colours that a test can read. */
export const marks: Paint = {
  bold: (text) => `bold(${text})`,
  dim: (text) => `dim(${text})`,
  green: (text) => `green(${text})`,
  red: (text) => `red(${text})`,
  yellow: (text) => `yellow(${text})`,
};

/** A backend that limits volumes in memory alone, and has words of its own for one type. */
export const cloud: Describe = {
  resource: ({ type, name }) => (type === 'cloud_gate' ? `lets ${name} in & out` : null),
  melodium: ({ melodium }) => `own ${melodium?.image}`,
  limitsVolume: ({ medium }) => medium === 'memory',
  terraform: null,
};

export function attribute(path: string, before: Value, after: Value, more: Partial<AttributeChange> = {}): AttributeChange {
  return { path, before, after, replaces: false, secret: false, ...more };
}

export function change(address: string, action: Change['action'], more: Partial<Change> = {}): Change {
  const [type = '', name = ''] = address.split('.');
  return { address, type, name, action, attributes: [], after: {}, before: null, id: null, dependencies: [], tainted: false, ...more };
}

/** A plan for a worker `w` that lives 10 min, on Docker; nothing changes, until `more` says so. */
export function planOf(more: Partial<Plan> = {}, content: Record<string, unknown> = {}, offer: Partial<Offer> = {}): Plan {
  const spec = specOf({ ...base, ...content });
  return {
    format: 'mayfly-plan/2',
    applier: 'embedded',
    worker: 'w',
    spec,
    offer: { ...offerOf(spec, 'docker'), title: 'docker 28.2 (local)', ...offer },
    refused: [],
    asked: false,
    stack: { terraform: {}, provider: {} } as unknown as Stack,
    changes: [],
    drift: [],
    outputs: [],
    copies: [],
    leaseMove: null,
    origin: { spec: '/specs/w.json', worker: null, match: 'same', adopt: false },
    base: { lineage: null, serial: 0, digest: '' },
    ...more,
  };
}

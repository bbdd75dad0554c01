import type { Backend } from '../../src/backends/ports/backend.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';

/** A worker of one object, a lease that ends it then: seconds since the epoch. */
function oneObject(worker: string, ends: number): OwnedObject {
  const name = `${worker}-lease-1`;
  const rest = { type: 'lease', address: '', worker, labels: { worker, address: '' }, status: 'present' as const, exitCode: null };
  return { id: name, name, ...rest, lease: { ends, number: 1 }, createdAt: (ends - 3600) * 1000 };
}

export interface FakeBackend {
  backend: Backend;
  /** What is there, by worker. */
  workers: Map<string, OwnedObject[]>;
  /** What was asked, in order: `list`, `list a`, `end a`. */
  calls: string[];
  /** Decides about a call before it is answered: it may throw, or wait. */
  before: (call: string) => Promise<void> | void;
}

/** A backend in memory, as a keeper sees it. */
export function fakeBackend(ends: Record<string, number>, more: Partial<Backend> = {}): FakeBackend {
  const workers = new Map(Object.entries(ends).map(([worker, end]) => [worker, [oneObject(worker, end)]]));
  const call = async (name: string) => {
    it.calls.push(name);
    await it.before(name);
  };
  const backend: Pick<
    Backend,
    | 'name'
    | 'endpoint'
    | 'list'
    | 'clockSkew'
    | 'stop'
    | 'report'
    | 'remove'
    | 'tidy'
    | 'changed'
    | 'lookEvery'
    | 'sizes'
    | 'engineSockets'
    | 'account'
    | 'close'
  > = {
    name: 'docker',
    endpoint: 'unix:///fake.sock',
    async list(worker) {
      await call(worker === undefined ? 'list' : `list ${worker}`);
      return worker === undefined ? [...workers.values()].flat() : (workers.get(worker) ?? []);
    },
    clockSkew: () => Promise.resolve(0),
    stop: (_worker, objects) => Promise.resolve([...objects]),
    changed: null,
    lookEvery: null,
    sizes: null,
    engineSockets: null,
    account: null,
    report: () => Promise.resolve([]),
    async remove({ worker }) {
      await call(`end ${worker}`);
      workers.delete(worker);
    },
    tidy: () => Promise.resolve([]),
    close: () => {},
  };
  const it: FakeBackend = { backend: { ...backend, ...more } as Backend, workers, calls: [], before: () => {} };
  return it;
}

export const fakeRequest = { backend: 'docker' as const, endpoint: 'unix:///fake.sock', env: {} };

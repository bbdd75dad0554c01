import type { NewEvent, Store } from '../../src/dispatch/store/store.js';
import type { Faults } from '../memory/faults.js';

/** Methods that return their rows one by one. */
const streams = new Set<PropertyKey>(['unfinished', 'usage']);

type Method = (...values: unknown[]) => unknown;

/** The store as one process has it: its calls count among those to the node, and none acts after the process's death. */
export function mortalStore(store: Store, faults: Faults): Store {
  return new Proxy(store, {
    get(_target, name) {
      const member = store[name as keyof Store] as unknown;
      // Other processes use the same store.
      if (name === 'close') return () => Promise.resolve();
      const parts = ['tasks', 'fleets', 'allocations', 'webhooks', 'functions'] as const;
      const part = parts.find((one) => one === name);
      if (part) return mortalStore(store[part] as unknown as Store, faults);
      if (typeof member !== 'function') return member;
      const method = member as Method;
      if (streams.has(name)) {
        return async function* (...values: unknown[]) {
          yield* await faults.around('store', String(name), () => rowsOf(method(...values) as AsyncIterable<unknown>));
        };
      }
      return (...values: unknown[]) => faults.around('store', nameOf(String(name), values), () => method(...values));
    },
  });
}

async function rowsOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
}

/** Changes have the type of their event. */
function nameOf(method: string, values: readonly unknown[]): string {
  const event = values[2] as NewEvent | undefined;
  return method === 'change' && event ? `${method} ${event.type}` : method;
}

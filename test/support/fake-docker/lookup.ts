import { Refusal } from './http.js';
import type { FakeContainer, FakeState } from './state.js';

/** By id, by name with or without its slash, or by an unambiguous beginning of the id. */
export function findContainer(state: FakeState, reference: string): FakeContainer {
  const name = reference.replace(/^\//, '');
  const exact = state.containers.get(name) ?? state.containers.get(state.names.get(name) ?? '');
  if (exact) return exact;
  const begins = /^[0-9a-f]{4,}$/.test(name) ? [...state.containers.values()].filter(({ id }) => id.startsWith(name)) : [];
  if (begins.length === 1 && begins[0]) return begins[0];
  throw new Refusal(404, `No such container: ${reference}`);
}

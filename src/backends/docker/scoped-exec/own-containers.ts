export interface OwnContainer {
  /** 64 hexadecimal digits. */
  id: string;
  name: string;
}

/** Shortest accepted begin of an id: the length that `docker ps` shows. */
const minPrefix = 12;

/**
 * Finds one of the worker's own containers by the daemon's rules: by id, by name, or by the begin of an id. Other containers of the daemon are
 * never found. Pure.
 */
export function findOwn(own: readonly OwnContainer[], wanted: string): OwnContainer | undefined {
  const exact = own.find(({ id }) => id === wanted) ?? own.find(({ name }) => name === wanted);
  if (exact || wanted.length < minPrefix) return exact;
  const begun = own.filter(({ id }) => id.startsWith(wanted));
  return begun.length === 1 ? begun[0] : undefined;
}

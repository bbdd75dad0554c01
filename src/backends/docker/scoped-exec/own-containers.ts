export interface OwnContainer {
  /** 64 hexadecimal digits. */
  id: string;
  name: string;
}

/** As `docker ps` shows them. */
const shortest = 12;

/**
 * Which of the worker's own containers is meant, as the daemon would find it among these alone: by id, by name, by the begin of an id.
 * A foreign container of that name or id does not come into it. Pure.
 */
export function findOwn(own: readonly OwnContainer[], wanted: string): OwnContainer | undefined {
  const exact = own.find(({ id }) => id === wanted) ?? own.find(({ name }) => name === wanted);
  if (exact || wanted.length < shortest) return exact;
  const begun = own.filter(({ id }) => id.startsWith(wanted));
  return begun.length === 1 ? begun[0] : undefined;
}

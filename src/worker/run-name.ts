/** Lengths of the two parts of a name. With the hyphen they are 31 characters, the longest name allowed. */
const baseLength = 26;
const randomLength = 4;

/** The name of a run's own worker: the spec's name with a random suffix, so that runs side by side do not collide. */
export function runName(base: string, newId: () => string): string {
  const random = BigInt(`0x${newId().replaceAll('-', '')}`)
    .toString(36)
    .padStart(randomLength, '0');
  return `${base.slice(0, baseLength)}-${random.slice(-randomLength)}`;
}

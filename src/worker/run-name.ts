/** Characters of a spec's name that are kept, and of what is drawn behind them: 31 with the hyphen, as many as a name may have. */
const kept = 26;
const drawn = 4;

/** The name of a run's own worker: the spec's, and something that tells two runs apart. */
export function runName(base: string, newId: () => string): string {
  const random = BigInt(`0x${newId().replaceAll('-', '')}`)
    .toString(36)
    .padStart(drawn, '0');
  return `${base.slice(0, kept)}-${random.slice(-drawn)}`;
}

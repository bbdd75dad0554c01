/**
 * Nano-CPUs as the docker provider writes them to the state (its `nanoInt64ToDecimalString`): nine zeros pass for a round value
 * there, and all after the first decimal is lost.
 */
export function formatNanoCpus(nano: number): string {
  const text = `${Math.floor(nano / 1e9)}.${String(nano % 1e9).padStart(9, '0')}`;
  if (text.split('0').length - 1 !== 9) return text.replace(/0+$/, '');
  const tenths = Math.floor((nano + 5e7) / 1e8);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** A number of CPUs that the provider reads back as it was written: one nano-CPU more where it would lose decimals. */
export function formatCpus(millicores: number): string {
  const text = formatNanoCpus(millicores * 1e6);
  return Number(text) === millicores / 1000 ? text : formatNanoCpus(millicores * 1e6 + 1);
}

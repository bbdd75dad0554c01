/**
 * Formats nano-CPUs as the docker provider writes them to the state (its function `nanoInt64ToDecimalString`). The provider takes a
 * text with exactly nine zeros for a round value, and keeps only its first decimal.
 */
export function formatNanoCpus(nano: number): string {
  const text = `${Math.floor(nano / 1e9)}.${String(nano % 1e9).padStart(9, '0')}`;
  if (text.split('0').length - 1 !== 9) return text.replace(/0+$/, '');
  const tenths = Math.floor((nano + 5e7) / 1e8);
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** Formats millicores so that the provider reads the same number back. One nano-CPU is added where the provider would lose decimals. */
export function formatCpus(millicores: number): string {
  const text = formatNanoCpus(millicores * 1e6);
  return Number(text) === millicores / 1000 ? text : formatNanoCpus(millicores * 1e6 + 1);
}

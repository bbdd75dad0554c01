import { closest, distance } from 'fastest-levenshtein';

/** The known word nearest to `word`, if a typing mistake can explain the difference. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  // A long text is no typing mistake, and comparing it would take long.
  if (word.length > 100) return undefined;
  const snake = word
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll('-', '_');
  const allowed = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  return [word, snake].map((form) => ({ form, best: closest(form, known) })).find(({ form, best }) => distance(form, best) <= allowed)
    ?.best;
}

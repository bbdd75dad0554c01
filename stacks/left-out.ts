import { MayflyError } from '../src/errors.js';
import type { Offer } from '../src/spec/offer.js';

/**
 * An accepted offer; `null` with a line about it where the backend refuses the spec, or can't be asked.
 *
 * @throws whatever is no MayflyError: a mistake of ours
 */
export async function offerOrLeftOut(name: string, ask: () => Promise<Offer>, say: (line: string) => void): Promise<Offer | null> {
  try {
    const offer = await ask();
    if (offer.accepted) return offer;
    say(`${name} is left out: ${offer.reasons.join('; ')}`);
  } catch (thrown) {
    if (!(thrown instanceof MayflyError)) throw thrown;
    say(`${name} is left out: it can't be asked for: ${[thrown.message, thrown.remedy].filter(Boolean).join('; ')}`);
  }
  return null;
}

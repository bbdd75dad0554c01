import { MayflyError } from '../src/errors.js';
import type { Offer } from '../src/spec/offer.js';

/**
 * An accepted offer. If the backend refuses the spec or does not answer, the reason is reported and the result is `null`.
 *
 * @throws errors other than MayflyError: they are bugs
 */
export async function offerOrLeftOut(name: string, ask: () => Promise<Offer>, report: (line: string) => void): Promise<Offer | null> {
  try {
    const offer = await ask();
    if (offer.accepted) return offer;
    report(`${name} is left out: ${offer.reasons.join('; ')}`);
  } catch (thrown) {
    if (!(thrown instanceof MayflyError)) throw thrown;
    report(`${name} is left out: the backend does not answer: ${[thrown.message, thrown.remedy].filter(Boolean).join('; ')}`);
  }
  return null;
}

import type { OfferReply } from '../client/documents.js';
import { printable } from './format.js';

/** Each node's answer to a spec, with its remarks below it. */
export function humanOffers(name: string, offers: readonly OfferReply[]): string {
  const lines = offers.flatMap((offer) => [
    `  ${offer.node}: ${answerOf(offer)}`,
    ...offer.reasons.map((reason) => `    - ${reason}`),
    ...[...offer.closed, ...offer.warnings].map((remark) => `    ! ${remark}`),
    ...offer.unenforced.map((limit) => `    ! not enforced: ${limit}`),
    ...offer.rounded.map((size) => `    ! rounded: ${size}`),
  ]);
  return [`${name}:`, ...lines].map(printable).join('\n');
}

function answerOf({ accepted, free_now }: OfferReply): string {
  if (accepted === null) return 'does not answer';
  if (!accepted) return 'can never take it';
  return free_now ? 'has room now' : 'takes it later';
}

import { MayflyError } from '../../errors.js';
import type { StoreKey } from '../secrets/key.js';
import { isSealedWith, open, seal } from '../secrets/seal.js';
import type { Webhook } from './webhook.js';

/** Bytes of a secret. The specification asks for 24 to 64. */
const length = 32;

/** Draws the secrets of webhooks, and keeps them encrypted. */
export class WebhookSecrets {
  constructor(
    private readonly key: StoreKey,
    private readonly randomBytes: (bytes: number) => Uint8Array,
  ) {}

  /** @returns the only copy of the text, and the sealed secret */
  draw(webhook: string): { text: string; sealed: Uint8Array } {
    const text = `whsec_${Buffer.from(this.randomBytes(length)).toString('base64')}`;
    return { text, sealed: seal(text, owner(webhook), this.key, this.randomBytes) };
  }

  /** The secrets that sign now, the newest first. One that was rotated because of a new key is left out. @throws MayflyError `state_unreadable` with another key */
  of({ id, secret, previous, previousUntil }: Webhook, now: number): string[] {
    const both = previous !== null && previousUntil !== null && now < previousUntil && isSealedWith(previous, this.key);
    const sealed = both ? [secret, previous] : [secret];
    try {
      return sealed.map((one) => open(one, owner(id), this.key));
    } catch (error) {
      throw new MayflyError('state_unreadable', {
        place: { path: `webhook ${id}` },
        cause: 'its secret was encrypted with another key, or was changed',
        remedy: 'start the service with the earlier key, or rotate the secret',
        error,
      });
    }
  }
}

function owner(webhook: string): string {
  return `webhook ${webhook}`;
}

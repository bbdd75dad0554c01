import { Webhook } from 'standardwebhooks';

export interface Message {
  id: string;
  /** The time of the try, in milliseconds since the epoch. */
  at: number;
  body: string;
}

/** The headers of a message by the Standard Webhooks specification, with a signature of each secret. */
export function signedHeaders({ id, at, body }: Message, secrets: readonly string[]): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(' '),
  };
}

import type { Post, SendPost } from '../../../src/dispatch/callbacks/post.js';
import type { Clock } from '../../../src/clock.js';

/** What a receiver answers: a status, a status with its `Retry-After`, an error, or never. */
export type Reaction = number | [status: number, retryAfter: string] | Error | 'never';

export interface Received extends Post {
  /** Milliseconds since the epoch. */
  at: number;
  /** Milliseconds between the event and this try. */
  age: number;
  message: { type: string; timestamp: string; data: Record<string, unknown> };
}

export interface Receivers {
  send: SendPost;
  /** All requests that were sent, in order. */
  received: Received[];
  /** Requests to a URL. */
  at(url: string): Received[];
  /** Sets the answers at a URL. Default: 204. */
  react(url: string, reaction: Reaction): void;
}

/** Receivers that are functions. */
export function receivers(clock: () => Pick<Clock, 'now'>): Receivers {
  const received: Received[] = [];
  const reactions = new Map<string, Reaction>();
  return {
    received,
    at: (url) => received.filter((one) => one.url === url),
    react: (url, reaction) => void reactions.set(url, reaction),
    send(post) {
      const message = JSON.parse(post.body) as Received['message'];
      const at = clock().now();
      received.push({ ...post, at, message, age: at - Date.parse(message.timestamp) });
      const reaction = reactions.get(post.url) ?? 204;
      if (reaction === 'never')
        return new Promise((_, reject) => post.signal.addEventListener('abort', () => reject(post.signal.reason as Error)));
      if (reaction instanceof Error) return Promise.reject(reaction);
      const [status, retryAfter] = Array.isArray(reaction) ? reaction : [reaction, undefined];
      return Promise.resolve({ status, retryAfter });
    },
  };
}

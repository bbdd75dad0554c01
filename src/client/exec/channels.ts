import * as z from 'zod';
import type { Executed } from '../../worker/exec.js';
import { errorReply } from '../documents.js';

/** The subprotocol of WebSockets that carry a command: Kubernetes' framing. The first byte of each binary message is its channel. */
export const channelProtocol = 'v5.channel.k8s.io';

/** `close`: the other byte of the message is a channel that ends. `status`: a `Status` as JSON, the last message. `resize`: `Size` as JSON. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** The largest message, in bytes. */
export const largestMessage = 4 * 2 ** 20;

/** The new size of the command's terminal. */
export const sizeMessage = z.object({ Width: z.int().min(0).max(65_535), Height: z.int().min(0).max(65_535) });

/** Mayfly's own messages of a client, as text: the command, where the query has none, and later how it is cancelled. */
export const cancelMessage = z.strictObject({ cancel: z.enum(['INT', 'TERM', 'KILL']) });
export type CancelMessage = z.infer<typeof cancelMessage>;

/** A message of the channel with the data of all parts. */
export function framed(channel: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(channel), ...parts]);
}

const cause = z.looseObject({ reason: z.string().optional(), message: z.string().optional() });

/**
 * The end of a command, as Kubernetes' `v1.Status`. Causes of `NonZeroExitCode`: `ExitCode`, and `Worker` if the worker is why it failed.
 * `error`: mayfly's own document, for a command that did not run to its end.
 */
export const statusMessage = z.looseObject({
  status: z.enum(['Success', 'Failure']),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z.looseObject({ causes: z.array(cause).optional() }).optional(),
  error: errorReply.shape.error.optional(),
});
export type Status = z.infer<typeof statusMessage>;

export function statusOf({ code, cause }: Executed): Status {
  if (code === 0) return { metadata: {}, status: 'Success' };
  return {
    ...{ metadata: {}, status: 'Failure', reason: 'NonZeroExitCode' },
    message: cause ? cause.why : `command terminated with exit code ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }, ...(cause ? [{ reason: 'Worker', message: cause.why }] : [])] },
  };
}

/** @returns `null` where the status has no exit code */
export function executedOf({ status, details }: Status): (Pick<Executed, 'code'> & { why: string | null }) | null {
  if (status === 'Success') return { code: 0, why: null };
  const messageOf = (reason: string) => details?.causes?.find((one) => one.reason === reason)?.message;
  const code = messageOf('ExitCode');
  return code !== undefined && /^\d{1,3}$/.test(code) ? { code: Number(code), why: messageOf('Worker') ?? null } : null;
}

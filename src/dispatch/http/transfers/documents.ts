import * as z from 'zod';
import { engineName } from '../../../spec/worker-spec.js';
import { errorDocument } from '../documents.js';
import { text } from '../fields.js';

export const containerPath = text.min(1).max(4096);

export const runPathDocument = z
  .strictObject({
    run: z.uuid().lowercase(),
    container: z.string().max(63).default(engineName).meta({ description: 'Default: the engine' }),
    path: containerPath.meta({ description: 'In the container' }),
  })
  .meta({ id: 'RunPath' });

export const newTransferDocument = z
  .strictObject({ from: runPathDocument, to: runPathDocument })
  .meta({ id: 'NewTransfer', description: 'A file or a tree, and its place by the rules of `cp`' });

/** A line of the answer. */
export const transferLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('running') }).meta({ description: 'Every 10 s' }),
  z.object({ type: z.literal('again'), cause: z.string() }).meta({ description: 'The transfer broke off, and is begun again' }),
  z.object({
    type: z.literal('done'),
    sha256: z.string().meta({ description: "Of what was sent, and of what arrived: of a file's content, or a sum over a tree's entries" }),
    files: z.int(),
    bytes: z.int(),
  }),
  z.object({ type: z.literal('failed'), error: errorDocument.shape.error }),
]);
export type TransferLine = z.infer<typeof transferLine>;

import * as z from 'zod';

// Fields of runs in JSON: in requests, in answers, and in runs that move to another installation.

export const labels = z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.\/-]{0,62}$/), z.string().max(256)).meta({
  description: 'Free labels, to find runs by',
});

export const problemDocument = z.object({ place: z.string().optional(), cause: z.string(), remedy: z.string().optional() });

/** The client's own description of its program, which is only stored. */
export const programFields = {
  program: z.string().max(100_000).nullable().default(null).meta({ description: "The client's program. It is only stored" }),
  params: z.record(z.string(), z.unknown()).default({}),
  args: z.array(z.unknown()).default([]),
};

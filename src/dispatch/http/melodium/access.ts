import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type * as z from 'zod';
import { describeEnd } from '../../../events.js';
import type { StateLayout } from '../../../state/layout.js';
import { type Attempt, isFinal, type Run } from '../../run.js';
import { engineAccess } from '../engine-access.js';
import { type accessReply, textsOf } from './documents.js';

type Access = z.infer<typeof accessReply>;

/** Returns how to reach a run's engine, or why that is not possible; `null` while it may become possible. */
export async function accessOf(run: Run, attempts: readonly Attempt[], layout: StateLayout): Promise<Access | null> {
  if (isFinal(run.state) || run.state === 'elsewhere') return { error: errorsOf(run, attempts) };
  const access = await engineAccess(run, layout);
  if (access === null) return null;
  if ('unreachable' in access) return { error: [access.unreachable] };
  return { started: { id: run.id, addresses: await literals(access.addresses), port: access.port, key: access.key } };
}

/** The errors and ends of all attempts, the oldest first. */
function errorsOf({ state, reason }: Run, attempts: readonly Attempt[]): string[] {
  const all = attempts.flatMap(({ number, node, error, end }) =>
    [...(error ? textsOf(error.problems) : []), ...(end ? [describeEnd(end)] : [])].map((text) => `attempt ${number} on ${node}: ${text}`),
  );
  const last = `the run is ${state}${reason === null || reason === state ? '' : `: ${reason.replaceAll('_', ' ')}`}`;
  return state === 'failed' && all.length > 0 ? all : [...all, last];
}

/** The client reads no host names. */
async function literals(addresses: readonly string[]): Promise<string[]> {
  return Promise.all(addresses.map(async (one) => (isIP(one) === 0 ? (await lookup(one)).address : one)));
}

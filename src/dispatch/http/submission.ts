import type * as z from 'zod';
import { MayflyError } from '../../errors.js';
import type { Submission } from '../intake.js';
import type { Limits } from '../limits.js';
import { loadOutside } from '../outside/load.js';
import type { Policy } from '../policy.js';
import type { Vault } from '../secrets/vault.js';
import { commandOf } from './command.js';
import type { newRunDocument } from './documents.js';
import type { Asked } from './route.js';

export interface SubmissionParts {
  policy: Policy;
  limits: Limits;
  vault: Vault;
}

/** Checks the request of a run or a bid, and takes the secrets out of its spec and command. @throws MayflyError `rate_limited`, `spec_invalid` */
export function submissionOf(
  { token: { organisation }, body, header }: Pick<Asked<z.infer<typeof newRunDocument>, unknown>, 'token' | 'body' | 'header'>,
  { policy, limits, vault }: SubmissionParts,
): Submission {
  limits.count(organisation);
  const { spec } = loadOutside(withRetain(body.spec, body.retain), policy.rulesOf(organisation, body.command !== undefined));
  if (body.max_wait !== undefined && spec.max_cost === null) throw withoutCost();
  const { shown, shownEnv, sealed } = vault.split(spec, body.command?.env);
  return {
    ...{ organisation, spec: shown, secrets: sealed, priority: body.priority, labels: body.labels, attempts: body.attempts },
    maxWait: body.max_wait,
    workers: body.workers,
    command: commandOf(body, spec, shownEnv),
    program: { name: body.program, params: body.params, args: body.args },
    key: header('idempotency-key'),
    bodyHash: vault.digest(JSON.stringify(body)),
  };
}

/** The spec, with the request's `retain` in place of its own. */
function withRetain(spec: unknown, retain: unknown): unknown {
  return retain !== undefined && typeof spec === 'object' && spec !== null ? { ...spec, retain } : spec;
}

function withoutCost(): MayflyError {
  return new MayflyError('spec_invalid', {
    place: { path: 'max_wait' },
    cause: 'needs the `max_cost` of the spec: after this time, a node that costs money may be used',
    remedy: 'add `max_cost` to the spec, or leave max_wait out',
  });
}

import type { Backend } from '../backends/ports/backend.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import type { Offer } from '../spec/offer.js';
import type { BackendName, WorkerSpec } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { assertStateHidden } from './sources.js';

export interface Chosen {
  backend: Backend;
  offer: Offer;
  refused: Plan['refused'];
  /** Whether an option, the spec or the settings name the backend. Otherwise it is the first that accepts. */
  asked: boolean;
}

/**
 * Returns the backend that an option, the spec or the settings name, else the first that accepts the spec.
 *
 * @throws MayflyError `no_backend` with every backend's reasons; `not_enforced` with `strict`; the error of a named backend that cannot be
 * opened; `spec_invalid` for a source that holds mayfly's state
 */
export async function chooseBackend(call: Call, spec: WorkerSpec, options: { backend?: BackendName; strict: boolean }): Promise<Chosen> {
  await assertStateHidden(spec, call.layout.root);
  const asked = options.backend ?? spec.backend ?? call.settings.backend;
  const refused: Chosen['refused'] = [];
  for (const name of asked ? [asked] : call.nodes.unnamed) {
    const { backend, offer } = await ask(call, name, spec, { asked: name === asked });
    if (backend && offer.accepted) {
      if (options.strict && offer.unenforced.length > 0) throw notEnforced(offer);
      return { backend, offer, refused, asked: Boolean(asked) };
    }
    refused.push({ backend: name, reasons: offer.reasons });
  }
  const problems = refused.flatMap(({ backend, reasons }) => reasons.map((cause) => ({ place: { path: backend }, cause })));
  throw new MayflyError('no_backend', {
    place: { path: spec.name },
    cause: 'no backend can satisfy the spec',
    remedy: 'change the refused fields, or name another backend',
    problems,
  });
}

type Answer = { backend: Backend; offer: Offer } | { backend: null; offer: { accepted: false; reasons: string[] } };

/**
 * Asks one backend for its offer. A backend that cannot be opened, such as a missing docker context, counts as a refusal.
 *
 * @throws MayflyError instead where that backend was named
 */
async function ask(call: Call, name: BackendName, spec: WorkerSpec, { asked }: { asked: boolean }): Promise<Answer> {
  try {
    const backend = await call.openNode(name);
    return { backend, offer: await backend.offer(spec) };
  } catch (error) {
    if (asked) throw error;
    return { backend: null, offer: { accepted: false, reasons: [toMayflyError(error).message] } };
  }
}

function notEnforced(offer: Offer): MayflyError {
  return new MayflyError('not_enforced', {
    place: { path: offer.backend },
    cause: 'the backend cannot enforce all limits, and --strict is given',
    remedy: 'choose another backend, or omit --strict',
    problems: offer.unenforced.map((cause) => ({ place: { path: offer.backend }, cause })),
  });
}

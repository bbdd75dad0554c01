import type { BackendName } from '../spec/worker-spec.js';
import { readIfThere } from '../state/atomic-file.js';
import type { Call } from './call.js';

/**
 * Backends that may have workers of this machine: named by a setting, or recorded in a state, the keeper's watch list or the
 * history. `worker`: only its history counts.
 */
export async function backendsInUse({ settings, nodes, layout }: Call, worker?: string): Promise<ReadonlySet<BackendName>> {
  const { history, keeperWatch } = layout;
  const [states, ended, watched] = await Promise.all([
    layout.known(),
    worker === undefined ? history.backends() : history.of(worker).then((entries) => entries.map(({ backend }) => backend)),
    // Reporting an unreadable list is the keeper's task; states and history still count.
    readIfThere(keeperWatch).catch(() => null),
  ]);
  return new Set<BackendName>([
    ...(settings.backend ? [settings.backend] : []),
    ...nodes.chosen,
    ...states.map(({ backend }) => backend),
    ...ended,
    // A text search, so that a list that was cut short counts too.
    ...nodes.names.filter((name) => watched?.includes(`"backend":"${name}"`)),
  ]);
}

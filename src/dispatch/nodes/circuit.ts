import type { MayflyError } from '../../errors.js';

/**
 * `ready`: the circuit is closed. `silent` and `failing`: it is open, since the node does not answer looks, or several workers in a row could
 * not be made. `trying`: it is half open, and one worker at a time is made. `unknown`: no look has ended yet.
 */
export const circuitStates = ['unknown', 'ready', 'silent', 'failing', 'trying'] as const;
export type CircuitState = (typeof circuitStates)[number];

/** `answered` and `silent`: a look. `made` and `failed`: a worker, with an error that is the node's fault. `due`: the pause is over. */
export type CircuitEvent = 'answered' | 'silent' | 'made' | 'failed' | 'due';

/** The state after an event. A missing event changes nothing. */
export const transitions: Readonly<Record<CircuitState, Partial<Record<CircuitEvent, CircuitState>>>> = {
  unknown: { answered: 'ready', silent: 'silent' },
  ready: { silent: 'silent', made: 'ready', failed: 'failing' },
  silent: { answered: 'ready', silent: 'silent' },
  failing: { silent: 'silent', made: 'ready', due: 'trying' },
  trying: { silent: 'silent', made: 'ready', failed: 'failing' },
};

export interface Circuit {
  state: CircuitState;
  /** The last failure; `null`: none since it was ready. */
  reason: MayflyError | null;
  /** Failures in a row: of looks in state `silent`, else of workers. */
  failures: number;
  /** When the node is probed again, while the circuit is open. Milliseconds since the epoch. */
  dueAt: number | null;
}

export const newCircuit: Circuit = { state: 'unknown', reason: null, failures: 0, dueAt: null };

/** Workers in a row that fail until the circuit opens: one alone may be of its own fault. */
const enough = 3;

/** Milliseconds. */
const firstPause = 1000;
const longestPause = 60_000;

/** @param random from 0 to 1: nodes that failed together are not probed together */
export function afterEvent(
  circuit: Circuit,
  event: CircuitEvent,
  { now, random, error = null }: { now: number; random: number; error?: MayflyError | null },
): Circuit {
  const to = transitions[circuit.state][event];
  if (to === undefined) return circuit;
  if (event === 'due') return { ...circuit, state: to, dueAt: null };
  if (event === 'answered' || event === 'made') return { state: to, reason: null, failures: 0, dueAt: null };
  // Others than the probe look at the node, too.
  if (circuit.state === 'silent' && now < (circuit.dueAt ?? 0)) return { ...circuit, reason: error };
  const failures = event === 'silent' && circuit.state !== 'silent' ? 1 : circuit.failures + 1;
  if (event === 'failed' && failures < enough) return { ...circuit, reason: error, failures };
  const openings = event === 'failed' ? failures - enough : failures - 1;
  return { state: to, reason: error, failures, dueAt: now + Math.min(firstPause * 2 ** openings, longestPause) * (1 + random / 4) };
}

import { MayflyError, type Problem } from '../../errors.js';
import type { Emit, MayflyEvent } from '../../events.js';

/** Replaces secrets in errors and events, because a CLI may repeat them. */
export interface Hiding {
  /** Runs work and hides secrets in the error that it throws. */
  work<T>(work: () => Promise<T>): Promise<T>;
  /** Hides secrets in the events that work emits. */
  emit(emit: Emit): Emit;
}

/** `secrets`: sorted so that a secret comes before its own parts. */
export function hiding(secrets: readonly string[]): Hiding {
  const hide = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, '(hidden)'), text);
  const inProblem = (one: Problem): Problem => ({ ...one, cause: hide(one.cause) });
  const inEvent = (event: MayflyEvent): MayflyEvent => {
    if (event.type === 'note' || event.type === 'warning') return { ...event, message: hide(event.message) };
    return event.type === 'resource_failed' ? { ...event, problem: inProblem(event.problem) } : event;
  };
  return {
    async work(work) {
      try {
        return await work();
      } catch (thrown) {
        if (secrets.length === 0 || !(thrown instanceof MayflyError)) throw thrown;
        const { code, message, place, remedy, problems, log } = thrown;
        throw new MayflyError(code, {
          cause: hide(message),
          ...(place && { place }),
          ...(remedy && { remedy }),
          problems: problems.map(inProblem),
          log: log.map(hide),
        });
      }
    },
    emit: (emit) => (event) => emit(inEvent(event)),
  };
}

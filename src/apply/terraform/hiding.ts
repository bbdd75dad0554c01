import { MayflyError, type Problem } from '../../errors.js';
import type { Emit, MayflyEvent } from '../../events.js';

export interface Hiding {
  /** What work throws, without the secrets that a CLI may have repeated. */
  work<T>(work: () => Promise<T>): Promise<T>;
  /** The same for what it tells meanwhile. */
  emit(emit: Emit): Emit;
}

/** `secrets`: the longer before those that are a part of them. */
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

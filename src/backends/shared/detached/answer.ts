import type { DetachedState } from '../../ports/detached.js';

/** One look at a command. */
export interface View {
  state: DetachedState;
  /** Output was dropped. */
  cut: boolean;
  /** The look has found no state: `running` is assumed until the next one. */
  unsure?: true;
}

/** The last line of a script. `owner`: the user that may read the command's files, such as `1000:1000`. Neither: no such command. */
export interface Answer {
  view?: View;
  owner?: string;
}

/** Parses the last line of a script; `null`: the script did not end. */
export function parseAnswer(text: string): Answer | null {
  const [, word = '', argument = '', cut] =
    /(?:^|\n)(none|owner|running|exited|timed_out|stopped|lost)(?: ([\d:]+))?( cut)?\n$/.exec(text) ?? [];
  if (word === '') return null;
  if (word === 'none') return {};
  if (word === 'owner') return { owner: argument };
  return { view: { state: stateOf(word, argument), cut: cut !== undefined } };
}

function stateOf(word: string, argument: string): DetachedState {
  return word === 'exited' ? { state: word, code: Number(argument) } : ({ state: word } as DetachedState);
}

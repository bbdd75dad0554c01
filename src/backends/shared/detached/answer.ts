import type { DetachedState } from '../../ports/detached.js';

/** The state that a script prints; `null`: no such command. */
export interface Answer {
  state: DetachedState | null;
  cut: boolean;
}

/** Parses the last line of a script's output; `null`: the script did not end. */
export function parseAnswer(text: string): Answer | null {
  const [, word = '', cut] = /(?:^|\n)(none|running|exited \d+|timed_out|stopped|lost)( cut)?\n$/.exec(text) ?? [];
  if (word === '') return null;
  return { state: word === 'none' ? null : stateOf(word), cut: cut !== undefined };
}

function stateOf(word: string): DetachedState {
  const [name, code] = word.split(' ');
  return name === 'exited' ? { state: name, code: Number(code) } : ({ state: name } as DetachedState);
}

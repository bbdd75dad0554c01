import type { Clock } from '../clock.js';
import type { Emit } from '../events.js';
import { eventLineJson } from '../views/json-view.js';
import { LiveProgress, plainProgress } from './progress.js';

export interface ProgressOptions {
  json: boolean;
  line(value: unknown): void;
  note(text: string): void;
  clock: Clock;
}

const redrawEvery = 100;

/** Progress as JSON lines, as live lines on a terminal, or as plain lines. */
export function makeProgress({ json, line, note, clock }: ProgressOptions): { emit: Emit; settle(): void } {
  if (json) return { emit: (event) => line(eventLineJson(event)), settle() {} };
  if (!process.stderr.isTTY || process.env['CI'] || process.env['TERM'] === 'dumb')
    return { emit: plainProgress(note, clock), settle() {} };
  return liveProgress(note, clock);
}

function liveProgress(note: (text: string) => void, clock: Clock): { emit: Emit; settle(): void } {
  const live = new LiveProgress(clock);
  let draw: { (...text: string[]): void; clear(): void; done(): void } | null = null;
  let isDrawn = false;
  let timer: NodeJS.Timeout | null = null;
  const redraw = () => {
    const text = live.lines().join('\n');
    if (text === '') return clear();
    draw?.(text);
    isDrawn = true;
  };
  /** Leaves the terminal to other output, with its cursor. */
  const clear = () => {
    if (!isDrawn) return;
    draw?.clear();
    draw?.done();
    isDrawn = false;
  };
  void import('log-update').then(({ logUpdateStderr }) => {
    draw = logUpdateStderr;
  });
  return {
    emit(event) {
      const kept = live.take(event);
      timer ??= setInterval(redraw, redrawEvery).unref();
      if (kept === null) return;
      clear();
      note(kept);
      redraw();
    },
    // The next event starts live lines again.
    settle() {
      if (timer) clearInterval(timer);
      timer = null;
      clear();
    },
  };
}

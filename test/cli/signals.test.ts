import '../support/no-color.js';
import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from 'vitest';
import { catchSignals, type Interrupts } from '../../src/cli/signals.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let interrupts: Interrupts | null = null;
let notes: string[] = [];
let exit: MockInstance<typeof process.exit>;

beforeEach(() => {
  vi.useFakeTimers();
  notes = [];
  exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as typeof process.exit);
});
afterEach(() => {
  interrupts?.release();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Catches signals. @returns what sends one to the new handler alone: the test runner has handlers of its own */
function caught(graceful: boolean) {
  const before = new Map(signals.map((name) => [name, process.listeners(name)]));
  const opened = catchSignals(graceful, (text) => notes.push(text));
  interrupts = opened;
  const send = (signal: (typeof signals)[number]) => {
    for (const listener of process.listeners(signal)) if (!before.get(signal)!.includes(listener)) listener(signal);
  };
  return { ...opened, send };
}

describe.each(signals)('%s', (signal) => {
  test('ends work that is not graceful, with 130', () => {
    const { send, stop } = caught(false);
    send(signal);
    expect(exit.mock.calls).toEqual([[130]]);
    expect(stop.aborted).toBe(false);
    expect(notes).toEqual([]);
  });

  test('stops graceful work; a second one aborts it, and ends it 1 s later', () => {
    const { send, stop, abort, asked } = caught(true);
    send(signal);
    expect([stop.aborted, abort.aborted, notes.length]).toEqual([true, false, 1]);
    expect(asked()).toBe(signal === 'SIGINT' ? 'INT' : 'TERM');
    expect(stop.reason).toMatchObject({ code: 'interrupted', exitCode: 1 });
    vi.advanceTimersByTime(60_000);
    expect(exit).not.toHaveBeenCalled();
    send('SIGINT');
    expect([abort.aborted, notes.length]).toEqual([true, 1]);
    vi.advanceTimersByTime(999);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(exit.mock.calls).toEqual([[130]]);
  });

  test('is left to the system after the work', () => {
    const { send, stop, release } = caught(true);
    release();
    send(signal);
    expect([stop.aborted, notes]).toEqual([false, []]);
  });
});

test('a reader that goes away stops the work without a note, and the next signal aborts it', () => {
  const { send, stop, abort, interrupt } = caught(true);
  interrupt();
  expect([stop.aborted, abort.aborted]).toEqual([true, false]);
  send('SIGINT');
  expect([abort.aborted, notes]).toEqual([true, []]);
});

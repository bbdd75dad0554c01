import '../support/no-color.js';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { approve } from '../../src/cli/commands/shared/approve.js';
import type { Session } from '../../src/cli/session.js';

let typed: PassThrough;
beforeEach(() => {
  typed = new PassThrough();
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(typed as unknown as typeof process.stdin);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => void vi.restoreAllMocks());

/** Asks a user; `stop` is the first Ctrl-C. */
function ask(interactive = true) {
  const stop = new AbortController();
  const session = { interactive, settle: () => {}, call: { stop: stop.signal } } as unknown as Session;
  return { stop, answer: approve(session, 'Apply these changes?', 'give --auto-approve') };
}

test.for([
  ['yes\n', true],
  [' yes \n', true],
  ['y\n', false],
  ['YES\n', false],
  ['yes, please\n', false],
  ['\n', false],
  ['no\n', false],
] as const)('%j is approval: %s', async ([text, approved]) => {
  const { answer } = ask();
  typed.write(text);
  expect(await answer).toBe(approved);
});

test('a terminal that closes has not approved', async () => {
  const { answer } = ask();
  typed.end('yes');
  typed.destroy();
  expect(await answer).toBe(false);
});

test('a Ctrl-C ends the question', { timeout: 5000 }, async () => {
  const { stop, answer } = ask();
  stop.abort();
  await expect(answer).rejects.toThrow(/abort/i);
});

test('without a terminal nothing is approved, and the remedy is shown', async () => {
  typed.write('yes\n');
  await expect(ask(false).answer).rejects.toMatchObject({ code: 'not_approved', remedy: 'give --auto-approve' });
});

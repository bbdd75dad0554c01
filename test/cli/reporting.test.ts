import '../support/no-color.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openReporting } from '../../src/cli/reporting.js';
import { MayflyError } from '../../src/errors.js';

let stdout = '';
let stderr = '';

beforeEach(() => {
  stdout = stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((stdout += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((stderr += String(text))));
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 31, 12) });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const error = new MayflyError('no_backend', { place: { path: 'ci' }, cause: 'no backend has 64 cpus', remedy: 'ask for less' });

test('for people, results are on stdout, and errors and progress on stderr', () => {
  const { out, emit, fail } = openReporting({});
  out('the result');
  emit({ type: 'warning', message: 'take care' });
  expect(fail(error)).toBe(3);
  expect(stdout).toBe('the result\n');
  expect(stderr).toBe('Warning: take care\nError: ci: no backend has 64 cpus\n  → ask for less\n');
});

test('an error of one of several workers has its name above it', () => {
  expect(openReporting({}).fail(new Error('broken'), 'other')).toBe(1);
  expect(stderr).toMatch(/^other:\nError: unexpected: broken\n/);
  expect(stderr).not.toContain('reporting.test.ts');
});

test('debug adds the stack', () => {
  openReporting({ debug: true }).fail(error);
  expect(stderr).toContain('reporting.test.ts');
});

test('for programs, all of it is JSON lines on stdout, with their time', () => {
  const { line, emit, fail } = openReporting({ json: true });
  line({ worker: 'ci' });
  emit({ type: 'warning', message: 'take care' });
  expect(fail(error, 'ci')).toBe(3);
  expect(stderr).toBe('');
  const stamp = { '@module': 'mayfly.ui', '@timestamp': '2026-01-31T12:00:00.000Z' };
  expect(
    stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown),
  ).toEqual([
    { worker: 'ci' },
    expect.objectContaining({ '@level': 'warn', '@message': expect.stringContaining('take care') as string, ...stamp }),
    expect.objectContaining({ '@level': 'error', '@message': 'Error: ci: no backend has 64 cpus', worker: 'ci', ...stamp }),
  ]);
});

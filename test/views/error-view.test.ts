import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../src/errors.js';
import { humanError } from '../../src/views/error-view.js';
import { noPaint } from '../../src/views/paint.js';
import { marks } from './support.js';

const human = (error: MayflyError) => humanError(error, noPaint, false).split('\n');

describe('an error for a terminal', () => {
  test('place, cause and remedy', () => {
    const error = new MayflyError('spec_invalid', {
      place: { file: 'ci.yaml', line: 12, column: 5, path: 'containers[0].memory' },
      cause: 'must be a whole number of MB, got "lots"',
      remedy: 'for example 512',
    });
    expect(humanError(error, marks, false).split('\n')).toEqual([
      'red(Error:) ci.yaml:12:5 containers[0].memory: must be a whole number of MB, got "lots"',
      '  dim(→) for example 512',
    ]);
  });

  test('neither place nor remedy', () => {
    expect(human(new MayflyError('internal', { cause: 'boom' }))).toEqual(['Error: boom']);
  });

  test('several of a kind stand for themselves', () => {
    const problems = [
      { place: { path: 'cpu' }, cause: 'is missing', remedy: 'write cpu: 500' },
      { place: { path: 'memory' }, cause: 'is missing' },
    ];
    expect(human(new MayflyError('spec_invalid', { cause: 'is missing', remedy: 'see docs', problems }))).toEqual([
      'Error: cpu: is missing',
      '  → write cpu: 500',
      'Error: memory: is missing',
    ]);
  });

  test('the reasons of one error stand below it, its remedy last', () => {
    const problems = [
      { place: { path: 'docker' }, cause: 'does not answer', remedy: 'start it' },
      { place: { path: 'process' }, cause: 'has no images' },
    ];
    const options = { place: { path: 'w' }, cause: 'no backend accepts it', remedy: 'change the spec', problems };
    expect(humanError(new MayflyError('no_backend', options), marks, false).split('\n')).toEqual([
      'red(Error:) w: no backend accepts it',
      '  docker: does not answer',
      '    dim(→) start it',
      '  process: has no images',
      '  dim(→) change the spec',
    ]);
  });

  test('a remedy that one of its reasons has is not said twice', () => {
    const problems = [{ cause: 'a', remedy: 'do this' }, { cause: 'b' }];
    expect(human(new MayflyError('no_backend', { cause: 'c', remedy: 'do this', problems }))).toEqual([
      'Error: c',
      '  a',
      '    → do this',
      '  b',
    ]);
  });

  test('the last lines of a log, oldest first', () => {
    const error = new MayflyError('not_ready', { cause: 'engine exited', log: ['one', 'two'] });
    expect(humanError(error, marks, false)).toBe('red(Error:) engine exited\n  its last lines:\n    dim(|) one\n    dim(|) two');
  });

  test('stacks of it and of its causes with --debug alone', () => {
    const deepest = new Error('deepest');
    deepest.stack = 'Error: deepest\n    at c.ts:3';
    const below = new Error('below', { cause: deepest });
    below.stack = 'Error: below\n    at b.ts:2';
    const error = new MayflyError('internal', { cause: 'above', error: below });
    error.stack = 'MayflyError: above\n    at a.ts:1';
    expect(human(error)).toEqual(['Error: above']);
    expect(humanError(error, noPaint, true).split('\n')).toEqual([
      'Error: above',
      'MayflyError: above',
      '    at a.ts:1',
      'Error: below',
      '    at b.ts:2',
      'Error: deepest',
      '    at c.ts:3',
    ]);
  });

  test('what others wrote into it moves no cursor; its lines and tabs stay', () => {
    const bad = '\u001b[2J\u0007\u009b\u202e';
    const shown = '\ufffd[2J\ufffd\ufffd\ufffd';
    const problems = [{ cause: `b${bad}`, remedy: `c${bad}` }];
    const options = { place: { path: `p${bad}` }, cause: `a${bad}\n\tmore`, remedy: `d${bad}`, problems, log: [`e${bad}`] };
    expect(human(new MayflyError('apply_failed', options))).toEqual([
      `Error: p${shown}: a${shown}`,
      '\tmore',
      `  b${shown}`,
      `    → c${shown}`,
      `  → d${shown}`,
      '  its last lines:',
      `    | e${shown}`,
    ]);
  });
});

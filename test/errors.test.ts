import { describe, expect, test } from 'vitest';
import { errorCodes, formatPlace, MayflyError, toMayflyError } from '../src/errors.js';

describe('codes', () => {
  test('each exits with 1, and with 3 where no backend can satisfy the spec', () => {
    const others = Object.entries(errorCodes).filter(([, { exit }]) => exit !== 1);
    expect(others.map(([code, { exit }]) => [code, exit])).toEqual([
      ['no_backend', 3],
      ['not_enforced', 3],
    ]);
    expect(new MayflyError('no_backend', { cause: 'c' }).exitCode).toBe(3);
  });

  test.each([
    ['usage', 400],
    ['spec_invalid', 422],
    ['worker_unknown', 404],
    ['worker_ended', 410],
    ['state_locked', 423],
    ['backend_unreachable', 503],
    ['timed_out', 504],
    ['storage_full', 507],
    ['internal', 500],
  ] as const)('%s is %d for a service', (code, status) => {
    expect(new MayflyError(code, { cause: 'c' }).httpStatus).toBe(status);
  });
});

describe('an error', () => {
  test('is the first of its problems where it has no others', () => {
    const place = { path: 'cpu' };
    expect(new MayflyError('usage', { cause: 'c', place, remedy: 'r' }).problems).toEqual([{ cause: 'c', place, remedy: 'r' }]);
    expect(new MayflyError('usage', { cause: 'c' })).toMatchObject({ problems: [{ cause: 'c' }], log: [], timedOut: false });
  });

  test('of another bundle is one of ours, by its name; a class derived from it is told from it', () => {
    class Derived extends MayflyError {}
    const foreign = Object.assign(new Error('c'), { name: 'MayflyError' });
    expect([foreign instanceof MayflyError, new Error('c') instanceof MayflyError]).toEqual([true, false]);
    expect([foreign instanceof Derived, new Derived('usage', { cause: 'c' }) instanceof Derived]).toEqual([false, true]);
    expect(Object.assign(Object.create(null), { name: 'MayflyError' }) instanceof MayflyError).toBe(false);
  });

  test.each([
    [undefined, ''],
    [{ file: 'a.yaml' }, 'a.yaml'],
    [{ file: 'a.yaml', line: 1, column: 5, path: 'engine.image' }, 'a.yaml:1:5 engine.image'],
    [{ path: 'docker_container.engine' }, 'docker_container.engine'],
  ])('at the place %j is at %s', (place, text) => {
    expect(formatPlace(place)).toBe(text);
  });
});

describe('whatever was thrown', () => {
  const coded = (code: string, path?: string) => Object.assign(new Error('why'), { code, ...(path !== undefined && { path }) });

  test.each([
    ['a full disk', coded('ENOSPC', '/a'), 'storage_full', undefined],
    ['a quota', coded('EDQUOT'), 'storage_full', undefined],
    ['a file that may not be read', coded('EACCES', '/a'), 'state_unreadable', { file: '/a' }],
    ['a link that leads back to itself', coded('ELOOP', '/a'), 'state_unreadable', { file: '/a' }],
    ['too many open files, of none', coded('EMFILE'), 'internal', undefined],
    ['a refused connection', coded('ECONNREFUSED', '/a'), 'internal', undefined],
    ['a mistake of ours', new TypeError('x is undefined'), 'internal', undefined],
    ['no error at all', 'text', 'internal', undefined],
  ])('%s', (_, thrown, code, place) => {
    const error = toMayflyError(thrown);
    expect([error.code, error.place]).toEqual([code, place]);
    expect(error.cause).toBe(thrown);
    expect(error.remedy).toBeTypeOf('string');
  });

  test('one of ours stays as it is', () => {
    const error = new MayflyError('usage', { cause: 'c' });
    expect(toMayflyError(error)).toBe(error);
  });
});

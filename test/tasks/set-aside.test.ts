import { expect, test } from 'vitest';
import { afterExit, afterFailure, afterResult, goodStanding, type Standing } from '../../src/tasks/set-aside.js';

const fail = (standing: Standing, after = 500) => afterFailure(standing, 'no space left on device', after);

test('three quick failures in a row set a worker aside, with the last cause', () => {
  const two = fail(fail(goodStanding));
  expect(two.reason).toBeNull();
  expect(fail(two).reason).toBe('3 deliveries in a row failed within 10 s, the last one because no space left on device');
});

test('a result between them clears the worker, and a slow failure does not count', () => {
  expect(fail(afterResult(fail(fail(goodStanding)))).reason).toBeNull();
  expect(fail(fail(fail(goodStanding)), 10_001).reason).toBeNull();
});

test('a worker that is set aside stays so', () => {
  const aside = fail(fail(fail(goodStanding)));
  expect(afterResult(aside)).toBe(aside);
});

test('ten quick exit codes in a row set a worker aside, and a result or a slow one does not', () => {
  const exit = (standing: Standing, after = 500) => afterExit(standing, 3, after);
  const after = (count: number) => Array.from({ length: count }).reduce<Standing>((standing) => exit(standing), goodStanding);
  expect(after(9).reason).toBeNull();
  expect(exit(after(9), 10_001).reason).toBeNull();
  expect(exit(afterResult(after(9))).reason).toBeNull();
  expect(after(10).reason).toBe('10 commands in a row failed within 10 s, the last one with exit code 3, and completed on other workers');
});

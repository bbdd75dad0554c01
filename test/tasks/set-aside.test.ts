import { expect, test } from 'vitest';
import { afterFailure, afterResult, goodStanding, type Standing } from '../../src/tasks/set-aside.js';

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

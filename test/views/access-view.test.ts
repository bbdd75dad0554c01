import { describe, expect, test } from 'vitest';
import type { Output } from '../../src/plan/outputs.js';
import { humanAccess, humanOutput, humanPart, openAccess } from '../../src/views/access-view.js';
import { noPaint } from '../../src/views/paint.js';
import { marks } from './support.js';

const keys = { remote_key: 'hush-1', self_key: 'hush-2' };
const access = (more: object): Record<string, Output> => ({
  access: { value: { addresses: ['192.0.2.1'], port: 8080, disable_tls: false, ...keys, ...more }, type: 'dynamic', sensitive: true },
});
// Local times, as a person reads them.
const now = new Date(2026, 0, 2, 3, 4, 5).getTime();
const ends = new Date(2026, 0, 2, 3, 34, 5).getTime();

describe('the way to reach a worker', () => {
  test('addresses with their port, the end, and no key', () => {
    expect(humanAccess('w', access({}), ends, now, marks).split('\n')).toEqual([
      '  dim(worker  ) w',
      '  dim(access  ) 192.0.2.1:8080',
      '  dim(keys    ) (secret; mayfly output w --json)',
      '  dim(ends    ) 03:34:05 (in 30 min)',
    ]);
  });

  test.each<[string, object, string]>([
    ['several addresses', { addresses: ['192.0.2.1', '192.0.2.2'] }, '192.0.2.1:8080, 192.0.2.2:8080'],
    ['an IPv6 address stands in brackets', { addresses: ['2001:db8::1'] }, '[2001:db8::1]:8080'],
    ['no port', { port: null }, 'not published (its engine has no port)'],
  ])('%s', (_, more, reached) => {
    expect(humanAccess('w', access(more), ends, now, noPaint).split('\n')[1]).toBe(`  access   ${reached}`);
  });

  test('further ports, each with its address', () => {
    const ports: Output = { value: { db: '192.0.2.1:15432' }, type: 'dynamic', sensitive: false };
    expect(
      humanAccess('w', { ...access({}), ports }, ends, now, noPaint)
        .split('\n')
        .slice(1, 3),
    ).toEqual(['  access   192.0.2.1:8080', '  port db  192.0.2.1:15432']);
  });

  test('a worker without access has no keys', () => {
    expect(humanAccess('w', {}, ends, now, noPaint)).toBe(
      '  worker   w\n  access   not published (its engine has no port)\n  ends     03:34:05 (in 30 min)',
    );
  });

  test('for programs: open parts alone', () => {
    expect(openAccess(access({ later: 'hush-3' }))).toEqual({ addresses: ['192.0.2.1'], port: 8080, disable_tls: false });
    expect(openAccess({})).toBeNull();
    expect(openAccess({ access: { value: null, type: 'dynamic', sensitive: true } })).toBeNull();
  });
});

describe('a part of an output for a shell', () => {
  test.each<[string, Output, string, string]>([
    ['a text as it is', { value: { db: '192.0.2.1:15432' }, type: 'dynamic', sensitive: false }, 'db', '192.0.2.1:15432'],
    ['an open part', access({})['access']!, 'port', '8080'],
    ['a secret part', access({})['access']!, 'remote_key', '(secret; give --json)'],
  ])('%s', (_, output, key, text) => expect(humanPart(output, key)).toBe(text));
});

describe('an output for a terminal', () => {
  const output = (value: Output['value'], sensitive: boolean): Output => ({ value, type: 'dynamic', sensitive });

  test.each<[string, Output, string]>([
    ['an open text', output('a & b | "c"', false), 'out = "a & b | \\"c\\""'],
    ['an open list', output([1, null], false), 'out = [1,null]'],
    ['a secret text', output('hush', true), 'out = (secret; give --json)'],
    ['a secret list', output(['hush'], true), 'out = (secret; give --json)'],
    ['a secret that is null', output(null, true), 'out = (secret; give --json)'],
    [
      'a secret object: its open parts alone',
      access({})['access']!,
      [
        'out',
        '  addresses     ["192.0.2.1"]',
        '  port          8080',
        '  disable_tls   false',
        '  remote_key    (secret; give --json)',
        '  self_key      (secret; give --json)',
      ].join('\n'),
    ],
  ])('%s', (_, of, text) => {
    expect(humanOutput('out', of)).toBe(text);
  });
});

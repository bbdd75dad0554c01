import picomatch from 'picomatch';
import { expect, test } from 'vitest';
import { pathBelow, selectionOf, selects } from '../../../src/worker/artifacts/selection.js';

const rows: { from: string; to?: string; is: [root: string, glob: string | null, destination: string] }[] = [
  { from: 'junit.xml', is: ['/src/junit.xml', null, 'junit.xml'] },
  { from: './build/../junit.xml', is: ['/src/junit.xml', null, 'junit.xml'] },
  { from: 'build/report.xml', is: ['/src/build/report.xml', null, 'build/report.xml'] },
  { from: '.', is: ['/src', null, '.'] },
  { from: '../other/report.xml', is: ['/other/report.xml', null, 'report.xml'] },
  { from: '/var/log/db.log', is: ['/var/log/db.log', null, 'db.log'] },
  { from: '/src/out/a.txt', is: ['/src/out/a.txt', null, 'out/a.txt'] },
  { from: '/', is: ['/', null, '.'] },
  { from: 'junit.xml', to: 'reports/unit.xml', is: ['/src/junit.xml', null, 'reports/unit.xml'] },
  { from: 'junit.xml', to: 'reports/', is: ['/src/junit.xml', null, 'reports/junit.xml'] },
  { from: 'build/junit.xml', to: '.', is: ['/src/build/junit.xml', null, 'junit.xml'] },
  { from: 'coverage', to: 'out', is: ['/src/coverage', null, 'out'] },
  { from: 'coverage/**', is: ['/src/coverage', '**', 'coverage'] },
  { from: 'coverage/**', to: 'out/', is: ['/src/coverage', '**', 'out'] },
  { from: '**/*.xml', is: ['/src', '**/*.xml', '.'] },
  { from: '/var/log/*/[ab]?.log', to: 'logs', is: ['/var/log', '*/[ab]?.log', 'logs'] },
  { from: '/var/log/{a,b}.log', is: ['/var/log', '{a,b}.log', 'log'] },
];
test.for(rows)('$from to $to', ({ from, to = null, is: [root, glob, destination] }) => {
  expect(selectionOf({ from, to }, '/src')).toEqual({ root, glob, destination });
});

test('a directory that matches is selected with its content, hidden files too', () => {
  const is = (glob: string) => selects(picomatch(glob, { dot: true, nonegate: true, noextglob: true }));
  const paths = ['a.xml', '.b.xml', 'html/index.html', 'html/deep/c.xml', 'other.txt'];
  expect(paths.filter(is('*.xml'))).toEqual(['a.xml', '.b.xml']);
  expect(paths.filter(is('html*'))).toEqual(['html/index.html', 'html/deep/c.xml']);
  expect(paths.filter(is('**/*.xml'))).toEqual(['a.xml', '.b.xml', 'html/deep/c.xml']);
  expect(paths.filter(is('**'))).toEqual(paths);
});

test('the path of an entry below the first one', () => {
  expect([pathBelow('out/', false), pathBelow('out/a/b', false), pathBelow('./a/b', true), pathBelow('/', true)]).toEqual([
    '',
    'a/b',
    'a/b',
    '',
  ]);
});

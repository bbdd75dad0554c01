import { expect, test } from 'vitest';
import { parseEnvFile, parseVariable } from '../../src/spec/env-file.js';

const env = { TOKEN: 'of the caller', EMPTY: '' };

test('a file has a variable a line, in the format of docker', () => {
  const text = '\uFEFF# a comment\n\nA=1\n  B = spaced \r\nC="quoted" # kept\nTOKEN\nEMPTY\nD=a=b\nE=\n\t#A=2\nA=3';
  expect(parseEnvFile(text.replace('B = spaced', 'B= spaced'), env)).toEqual({
    values: { A: '3', B: ' spaced ', C: '"quoted" # kept', TOKEN: 'of the caller', EMPTY: '', D: 'a=b', E: '' },
    problems: [],
  });
});

test('every mistake in a file is reported with its line, and no value is shown', () => {
  const { problems } = parseEnvFile('A=1\nhush hush=1\n=hush\nB=hush\0\nUNSET\n9=hush\ntoString', env);
  expect(problems.map(({ line, cause }) => `${line}: ${cause}`)).toEqual([
    expect.stringMatching(/^2: a variable's name must consist of letters/),
    expect.stringMatching(/^3: a variable's name/),
    '4: the value of B contains a NUL character',
    '5: the variable UNSET is not set',
    expect.stringMatching(/^6: a variable's name/),
    '7: the variable toString is not set',
  ]);
  expect(JSON.stringify(problems)).not.toContain('hush');
});

test('a variable is given with its value, or by its name alone', () => {
  expect(parseVariable('A=b=c', env)).toEqual(['A', 'b=c']);
  expect(parseVariable('TOKEN', env)).toEqual(['TOKEN', 'of the caller']);
  expect(parseVariable('UNSET', env)).toEqual({ cause: 'the variable UNSET is not set', remedy: 'set UNSET, or write UNSET=VALUE' });
});

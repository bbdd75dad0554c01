import { expect, test } from 'vitest';
import { redactor } from '../../../src/dispatch/outside/redact.js';

test('secrets are replaced in all texts of a report, and nothing else is', () => {
  const redact = redactor({
    '/engine/env/TOKEN': 'tok-1234',
    '/engine/env/URL': 'https://me:tok-1234@host/?a=(b)',
    '/engine/env/DEBUG': 'true',
    '/engine/env/KEY': 'line one of it\n\nx',
    '/containers/0/files/0/content': Buffer.from('CREATE USER a;\n  PASSWORD of-init;\n').toString('base64'),
    '/containers/0/pull_secret/json': '{"auths":{"r.example.com":{"auth":"bWU6cHc=","n":1}}}',
  });
  const report = {
    exitCode: 1,
    detail: null,
    true: true,
    lines: [
      'TOKEN=tok-1234;tok-1234',
      'GET https://me:tok-1234@host/?a=(b) failed',
      'debug is true',
      'key: line one of it',
      'ERROR at PASSWORD of-init;',
      'bWU6cHc= was refused',
    ],
  };
  expect(redact(report)).toEqual({
    exitCode: 1,
    detail: null,
    true: true,
    lines: [
      'TOKEN=(secret);(secret)',
      'GET (secret) failed',
      'debug is true',
      'key: (secret)',
      'ERROR at (secret)',
      '(secret) was refused',
    ],
  });
});

test('without secrets, or with short ones only, a report stays as it is', () => {
  const report = { lines: ['', 'short'] };
  expect(redactor({})(report)).toBe(report);
  expect(redactor({ '/engine/env/A': 'short', '/engine/env/B': '' })(report)).toBe(report);
});

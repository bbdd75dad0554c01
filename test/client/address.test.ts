import { expect, test } from 'vitest';
import { parseAddress } from '../../src/client/address.js';

test.for([
  ['https://mayfly.example.com', 'https://mayfly.example.com/'],
  ['https://example.com/ci/mayfly', 'https://example.com/ci/mayfly/'],
  ['http://127.0.0.1:7311', 'http://127.0.0.1:7311/'],
  ['http://localhost:7311/', 'http://localhost:7311/'],
  ['http://[::1]:7311', 'http://[::1]:7311/'],
])('%s is taken', ([text, href]) => {
  expect(parseAddress(text!).href).toBe(href);
});

const refused: Record<string, string> = {
  'http://mayfly.example.com': 'plain HTTP would show the token to the network',
  'http://127.evil.example': 'plain HTTP would show the token to the network',
  'http://10.0.0.1:7311': 'plain HTTP would show the token to the network',
  'http://localhost.evil.example': 'plain HTTP would show the token to the network',
  'https://user:secret@example.com': 'the URL has a user or password',
  'ftp://example.com': 'must be a URL such as https://mayfly.example.com',
  'example.com:7311': 'must be a URL such as https://mayfly.example.com',
  'https://example.com/?token=x': 'must be a URL such as https://mayfly.example.com',
};
test.for(Object.entries(refused))('%s is refused, without the password in the message', ([text, cause]) => {
  const error = (() => {
    try {
      return parseAddress(text);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toMatchObject({ code: 'usage', message: cause });
  expect(JSON.stringify(error)).not.toContain('user:secret');
});

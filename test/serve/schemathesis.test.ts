import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { server } from './service.js';

const root = join(import.meta.dirname, '../..');

// Its own token would be removed; the database would fill up. A stream does not end.
const left = ['--exclude-path-regex', '^/v1/(tokens|events)'];
const checks = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance'];

test('no generated request gets a 5xx, or an answer outside the schema', async () => {
  const program = execFileSync(join(root, 'scripts/setup-schemathesis.sh'), { encoding: 'utf8' }).trim();
  // Without Docker: runs that are accepted wait.
  const { start } = await server('unix:///nonexistent.sock');
  const { url, token, cli } = await start();
  const args = [
    'run',
    `${url}/v1/openapi.json`,
    '--header',
    `Authorization: Bearer ${token}`,
    '--seed',
    '7',
    '--max-time',
    '45',
    '--no-color',
  ];
  const { stdout } = await promisify(execFile)(program, [...args, '--max-examples', '20', '--checks', checks.join(','), ...left], {
    maxBuffer: 16_777_216,
  });
  expect(stdout).toMatch(/Test cases:\n {2}(\d+) generated, \1 passed/);
  expect(stdout).toContain('Selected: 75/79');
  expect(cli.stderr()).not.toContain('a request failed');
});

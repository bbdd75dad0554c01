import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatStack } from '../../src/state/worker-directory.js';
import { golden } from './specs.js';
import { stackOf } from './support.js';

const path = (name: string) => fileURLToPath(new URL(`../golden/${name}.tf.json`, import.meta.url));

describe('golden stacks', () => {
  test.each(Object.entries(golden))('%s, byte for byte (UPDATE_GOLDEN=1 writes the file, not in CI)', (name, { spec, backend, quota }) => {
    const text = formatStack(stackOf(spec, backend, quota));
    if (process.env.UPDATE_GOLDEN === '1') {
      // A golden file that a test writes proves nothing there.
      expect(process.env['CI'], 'UPDATE_GOLDEN is not for CI').toBeFalsy();
      writeFileSync(path(name), text);
    }
    expect(text).toBe(readFileSync(path(name), 'utf8'));
  });

  test.each(Object.entries(golden))('%s, the same a second time', (_name, { spec, backend, quota }) => {
    expect(formatStack(stackOf(spec, backend, quota))).toBe(formatStack(stackOf(spec, backend, quota)));
  });
});

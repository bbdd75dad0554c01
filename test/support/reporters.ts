import type { Reporter } from 'vitest/node';
import { AttackCount } from './attack-count.js';

const outputFile = process.env['MAYFLY_TEST_JSON'];

/** `.ci/run` also wants the results as a file, to sum them up. */
export const reporters: (string | Reporter | [string, Record<string, unknown>])[] = [
  'default',
  new AttackCount(),
  ...(outputFile ? [['json', { outputFile }] as [string, Record<string, unknown>]] : []),
];

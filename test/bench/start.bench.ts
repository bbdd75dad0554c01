import { test } from 'vitest';
import { interleaved, report, runProcess, timed } from './measure.js';

test('start-up', async () => {
  const node = (...args: string[]) => timed(() => runProcess(process.execPath, args));
  const medians = await interleaved(21, { bare: () => node('-e', '0'), version: () => node('dist/mayfly.cjs', '--version') });
  report('node -e 0', medians.bare);
  report('mayfly --version', medians.version, { name: 'node -e 0', ms: medians.bare, aim: '< 1.5' });
});

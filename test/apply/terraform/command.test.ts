import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cli } from '../../../src/apply/terraform/cli.js';
import { must } from '../../../src/apply/terraform/command.js';
import { until } from '../../support/poll.js';
import { tempDir } from '../../support/temp-dir.js';
import { fakeCli } from './support.js';

const patient = `trap 'echo "Error: halted" >&2; exit 1' INT; : >"$MARK"; while :; do sleep 0.02; done`;
const cases: Record<string, { body: string; when?: 'before' | 'stop' | 'abort'; is: object }> = {
  'one that succeeds': { body: 'echo out', is: { code: 0, stdout: 'out\n' } },
  'one that fails': { body: 'echo "Error: no" >&2; exit 1', is: { code: 'applier_failed', message: '`terraform state push` failed: no' } },
  'one that is killed': {
    body: 'kill -9 $$',
    is: { code: 'applier_failed', message: '`terraform state push` failed: it was killed by SIGKILL' },
  },
  'the first Ctrl-C': { body: patient, when: 'stop', is: { code: 'interrupted' } },
  'the second': { body: `trap '' INT; ${patient}`, when: 'abort', is: { code: 'interrupted' } },
  'Ctrl-C that it heeds too late': { body: `: >"$MARK"; trap '' INT; sleep 0.3`, when: 'stop', is: { code: 'interrupted' } },
  'Ctrl-C before it began': { body: ': >"$MARK"', when: 'before', is: { code: 'interrupted' } },
};

test.each(Object.entries(cases))('%s', async (_title, { body, when, is }) => {
  const [stop, abort] = [new AbortController(), new AbortController()];
  const mark = join(await tempDir(), 'there');
  const cli = new Cli('terraform', { ...(await fakeCli(body)), MARK: mark }, true);
  if (when === 'before') stop.abort();
  const running = must(['state', 'push', 'file'], { cli, worker: 'w', run: { cwd: '/', stop: stop.signal, abort: abort.signal } });
  const result = running.catch((thrown: unknown) => thrown);
  if (when === 'before') expect(existsSync(mark)).toBe(false);
  else if (when) await until('it is there', () => existsSync(mark));
  if (when === 'stop') stop.abort();
  if (when === 'abort') abort.abort();
  expect(await result).toMatchObject(is);
});

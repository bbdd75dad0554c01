import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../../support/poll.js';
import { tempDir } from '../../support/temp-dir.js';
import { fakeCli, never, ready, scene } from './support.js';

const remembered = JSON.stringify({ version: 4, lineage: 'l', serial: 3, outputs: { key: { value: 'k', type: 'string' } }, resources: [] });

/** What `state pull` does, and where `state push` leaves what it is given. */
async function remote(pull: string, signals: { stop?: AbortSignal } = {}) {
  const place = await tempDir();
  const [mark, pushed] = [join(place, 'mark'), join(place, 'pushed')];
  const body = `${ready}\ncase "$2" in pull) ${pull};; push) cp "$3" "$PUSHED";; esac`;
  const { applier, scratches } = await scene({ ...(await fakeCli(body)), MARK: mark, PUSHED: pushed }, {}, { type: 'pg', config: {} });
  const forget = () => applier.forget!({ worker: 'w', backend: 'docker', stop: never, abort: never, ...signals });
  return { forget, scratches, mark, pushed };
}

describe('the remote state of an ended worker', () => {
  test('is emptied', async () => {
    const { forget, scratches, pushed } = await remote(`echo '${remembered}'`);
    await forget();
    expect(JSON.parse(await readFile(pushed, 'utf8'))).toMatchObject({ lineage: 'l', serial: 4, outputs: {}, resources: [] });
    expect(await readdir(scratches)).toEqual([]);
  });

  test('is left alone where there is none', async () => {
    const { forget, pushed } = await remote('exit 0');
    await forget();
    expect(existsSync(pushed)).toBe(false);
  });

  test('is not taken for none when it can’t be read', async () => {
    const { forget } = await remote('echo "Error: no route to host" >&2; exit 1');
    await expect(forget()).rejects.toMatchObject({
      code: 'applier_failed',
      place: { path: 'w' },
      message: '`terraform state pull` failed: no route to host',
    });
  });

  test('Ctrl-C meanwhile is no failure of the server', async () => {
    const stop = new AbortController();
    const { forget, mark } = await remote(`trap 'exit 1' INT; : >"$MARK"; while :; do sleep 0.02; done`, { stop: stop.signal });
    const forgetting = expect(forget()).rejects.toMatchObject({ code: 'interrupted' });
    await until('it pulls', () => existsSync(mark));
    stop.abort();
    await forgetting;
  });
});

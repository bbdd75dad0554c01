import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { unpackTree } from '../../src/backends/shared/unpack.js';
import { currentLease } from '../../src/lease/deadline.js';
import { hasChanges } from '../../src/plan/plan.js';
import { parseSpec } from '../../src/spec/parse.js';
import { applyWorker } from '../../src/worker/apply.js';
import { extendWorker } from '../../src/worker/extend.js';
import { planWorker } from '../../src/worker/plan.js';
import { removeFiles } from '../memory/files.js';
import { bury, type Client, openScene, type Scene } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { tempDir } from '../support/temp-dir.js';

afterEach(removeFiles);

const options = { strict: false };
const never = new AbortController().signal;
const copies = 'copy: [{from: a, to: /a, in: box}, {from: a, to: /a}]';

interface Stage extends Scene {
  /** The worker with these lines of its spec, whose box has this command. Both of its containers get the file `a`. */
  specOf(command: string, more?: string): ReturnType<typeof parseSpec>['spec'];
  write(text: string): Promise<void>;
}

async function stage(): Promise<Stage> {
  const folder = await tempDir('copy');
  const write = (text: string) => writeFile(join(folder, 'a'), text);
  await write('old');
  const specOf = (command: string, more = copies) =>
    parseSpec(`name: one\nmax_duration: 300\nengine: {command: [serve]}\ncontainers: [{name: box, command: [${command}]}]\n${more}\n`, {
      ...{ file: 'ci.yaml', env: {}, directory: folder },
    }).spec;
  return { ...(await openScene()), specOf, write };
}

/** The content of `/a` in the box and in the engine; `null`: it is missing. */
async function contents({ backend }: Client): Promise<(string | null)[]> {
  const of = async (container: string) => {
    const back = await tempDir('back');
    const files = await backend.sessions!.files('one', container);
    await unpackTree(await files.read('/', never), back, '.', never);
    return readFile(join(back, 'a'), 'utf8').catch(() => null);
  };
  return [await of('box'), await of('engine')];
}

test('an apply that replaces a container, killed at each call: the next one copies into it, and into no other', async () => {
  const begin = async () => {
    // Ids of containers are the same in every scene.
    await removeFiles();
    const scene = await stage();
    await applyWorker(scene.client(), scene.specOf('idle'), options);
    await scene.write('new');
    return scene;
  };
  const whole = await begin();
  const unharmed = whole.client();
  await applyWorker(unharmed, whole.specOf('serve'), options);
  expect(unharmed.faults.calls.length).toBeGreaterThan(5);
  for (let point = 0; point < 2 * unharmed.faults.calls.length; point += 1) {
    const [at, moment] = [Math.floor(point / 2) + 1, point % 2 === 0 ? ('before' as const) : ('after' as const)];
    const scene = await begin();
    const victim = scene.client();
    victim.faults.crashAt(at, moment);
    await Promise.race([victim.faults.death, applyWorker(victim, scene.specOf('serve'), options)]);
    await untilIdle();
    bury(scene.layout);
    const next = scene.client();
    await applyWorker(next, scene.specOf('serve'), options);
    const where = `killed ${moment} ${victim.faults.calls.at(-1)} (${at})`;
    expect(await contents(next), where).toEqual(['new', 'old']);
    expect((await planWorker(scene.client(), scene.specOf('serve'), options)).plan.copies, where).toEqual([]);
  }
});

test.for<[string, { copied: string[] } | undefined, string[]]>([
  ['that lists no container makes the copies due, which is a change of the plan', { copied: [] }, ['box', 'engine']],
  ['of an earlier version, without the list, makes none due', undefined, []],
])('a lease %s', async ([, written, due]) => {
  const { client, specOf } = await stage();
  await applyWorker(client(), specOf('idle'), options);
  const { backend } = client();
  const { copied, ...terms } = currentLease(await backend.list('one'))!.terms;
  expect(copied).toHaveLength(2);
  await backend.writeLease('one', { ...terms, ...written }, 2_000_000_000);
  const { plan } = await planWorker(client(), specOf('idle'), options);
  expect([plan.copies.map(({ copy }) => copy.in), hasChanges(plan)]).toEqual([due, due.length > 0]);
});

test('a copy that was added to a spec is not due in old containers, also after an extend and a replacement without copies', async () => {
  const { client, specOf } = await stage();
  await applyWorker(client(), specOf('idle', ''), options);
  await applyWorker(client(), specOf('serve', ''), options);
  await extendWorker(client(), 'one', 60);
  expect((await planWorker(client(), specOf('serve'), options)).plan.copies).toEqual([]);
});

import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../src/errors.js';
import type { Offer } from '../../src/spec/offer.js';
import { offerOrLeftOut } from '../../stacks/left-out.js';
import { tempDir } from '../support/temp-dir.js';
import { base, offerOf, specOf } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const specText = (name: string) => `name: ${name}
max_duration: 60
cpu: 100
memory: 64
storage: 100
engine: { image: "busybox:1", port: 8080 }
`;

test('cdktf’s own app synthesizes every spec of a folder, each of a file’s several too', async () => {
  const [specs, out] = [await tempDir('specs'), await tempDir('out')];
  await writeFile(join(specs, 'one.yaml'), specText('one'));
  await writeFile(join(specs, 'more.yml'), `${specText('two')}---\n${specText('three')}`);
  await writeFile(join(specs, 'notes.txt'), 'no spec');
  const { app } = JSON.parse(await readFile(join(root, 'cdktf.json'), 'utf8')) as { app: string };
  const [program = '', ...args] = app.split(' ');
  expect(program).toBe('node');
  const absolute = args.map((arg) => (arg.includes('/') ? join(root, arg) : arg));
  const env = { ...process.env, MAYFLY_SPECS: specs, CDKTF_OUTDIR: join(out, 'cdktf.out') };
  await promisify(execFile)(process.execPath, absolute, { cwd: root, env });
  const stacks = join(out, 'cdktf.out', 'stacks');
  expect((await readdir(stacks)).sort()).toEqual(['one', 'three', 'two']);
  const stack = JSON.parse(await readFile(join(stacks, 'three', 'cdk.tf.json'), 'utf8')) as { resource: Record<string, unknown> };
  expect(Object.keys(stack.resource)).toEqual(['docker_container']);
  const manifest = JSON.parse(await readFile(join(out, 'cdktf.out', 'manifest.json'), 'utf8')) as { stacks: object };
  expect(Object.keys(manifest.stacks).sort()).toEqual(['one', 'three', 'two']);
});

describe('a spec that a backend is asked about', () => {
  const spec = specOf(base);
  const asked = async (ask: () => Promise<Offer>) => {
    const said: string[] = [];
    const offer = await offerOrLeftOut('w', ask, (line) => said.push(line));
    return { offer, said };
  };

  test('is accepted', async () => {
    const offer = offerOf(spec, 'aws');
    expect(await asked(async () => offer)).toEqual({ offer, said: [] });
  });

  test('is left out, and said, when it is refused or the backend does not answer', async () => {
    const refused = { ...offerOf(spec, 'aws'), accepted: false, reasons: ['too much'] };
    expect(await asked(async () => refused)).toEqual({ offer: null, said: ['w is left out: too much'] });
    const silent = () => Promise.reject(new MayflyError('backend_unreachable', { cause: 'no region', remedy: 'set one' }));
    expect(await asked(silent)).toEqual({ offer: null, said: ['w is left out: the backend does not answer: no region; set one'] });
  });

  test('is not left out because of a mistake of ours', async () => {
    await expect(asked(() => Promise.reject(new TypeError('undefined is not a function')))).rejects.toThrow(TypeError);
  });
});

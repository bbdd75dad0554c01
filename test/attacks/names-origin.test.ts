import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { fakeDocker, jsonLines, type Scene, scene, type SpecFile } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { dockerAvailable, ownedObjects } from '../support/docker.js';
import { type Machine, machine } from '../support/run-cli.js';
import { attacks } from './attacks.js';

const origin = 'a worker carries where its spec came from';

/** A spec at `path` in a new clone of the repository `url`. */
async function clone(one: Scene, url: string, spec: SpecFile, path = 'ci.yaml'): Promise<string> {
  const root = join(one.folder, encodeURIComponent(url));
  execFileSync('git', ['init', '-q', root]);
  execFileSync('git', ['-C', root, 'remote', 'add', 'origin', url]);
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), JSON.stringify({ name: one.name, ...spec }));
  return join(root, path);
}

const more = (env: Record<string, string>) => ({ name: 'more', image: 'busybox:1', cpu: 10, memory: 16, storage: 5, env });
const spec = specs.fake({ storage: 40, containers: [more({})] });
/** The engine stays. */
const changed = specs.fake({ storage: 40, containers: [more({ CHANGED: '1' })] });

interface Stage {
  one: Scene;
  /** Another state directory on the same daemon. */
  stranger: { machine: Machine };
  /** Exit code of a plan: 0 where the worker is what the spec says. */
  plan(path: string): Promise<number | null>;
  /** The label of the engine. */
  label(): string | undefined;
}

async function stage(content?: SpecFile): Promise<Stage> {
  const docker = await fakeDocker();
  const one = await scene({ docker, ...(content && { spec: content }) });
  return {
    one,
    stranger: { machine: await machine() },
    plan: async (path) => (await one.cli(['plan', path, '--name', one.name, '--detailed-exitcode'])).code,
    label: () => [...docker.state.containers.values()].find(({ name }) => name.endsWith('.engine'))?.config.Labels?.['dev.mayfly.origin'],
  };
}

attacks('names', {
  'a stranger of the same name': {
    mechanism: origin,
    does: 'a spec of another repository is applied from another state directory, then planned, then applied with --adopt',
    right: 'refused with both remedies, nothing changed; the plan says so; adopted for good',
    async check() {
      const { one, stranger, plan, label } = await stage();
      const mine = await clone(one, 'git@example.com:me/mine.git', spec);
      const theirs = await clone(one, 'https://token:secret@example.com/them/theirs', changed, 'deploy/ci.yaml');
      await one.must(['apply', mine, '--auto-approve']);
      expect(label()).toBe('example.com/me/mine:ci.yaml');
      const refused = await one.cli(['apply', theirs, '--auto-approve'], stranger);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        `Error: ${one.name}: a worker of this name was made from example.com/me/mine:ci.yaml, and this spec, which would change it, is example.com/them/theirs:deploy/ci.yaml\n` +
          '  → give the new worker another name with --name, or adopt the existing one with --adopt\n',
      ]);
      const json = jsonLines((await one.cli(['apply', theirs, '--auto-approve', '--json'], stranger)).stdout);
      expect(json.at(-1)).toMatchObject({ diagnostic: { code: 'other_origin' } });
      expect(await plan(mine)).toBe(0);
      expect(await one.must(['plan', theirs], stranger)).toContain(
        '! it was made from example.com/me/mine:ci.yaml, and this spec is example.com/them/theirs:deploy/ci.yaml: apply refuses to change it without --adopt',
      );
      await one.must(['apply', theirs, '--auto-approve', '--adopt'], stranger);
      // The lease says so from now on; the label of the engine stays.
      expect([await plan(theirs), label()]).toEqual([0, 'example.com/me/mine:ci.yaml']);
      expect((await one.cli(['apply', mine, '--auto-approve'])).code).toBe(1);
    },
  },
  'a saved plan': {
    mechanism: origin,
    does: 'a plan of another origin is saved and applied',
    right: 'refused as the spec itself is',
    async check() {
      const { one, stranger } = await stage();
      await one.must(['apply', await clone(one, 'git@example.com:me/mine.git', spec), '--auto-approve']);
      const theirs = await clone(one, 'git@example.com:them/theirs.git', changed);
      await one.must(['plan', theirs, '--out', 'saved.plan'], stranger);
      const { code, stderr } = await one.cli(['apply', 'saved.plan'], stranger);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining('and this spec, which would change it, is example.com/them/theirs:ci.yaml'),
      ]);
      await one.must(['apply', 'saved.plan', '--adopt'], stranger);
    },
  },
  'the same repository': {
    mechanism: origin,
    does: 'another clone by another URL, with credentials in it, changes the worker from another state directory',
    right: 'it is changed without a question, and no credentials are kept',
    async check() {
      const { one, stranger, plan, label } = await stage();
      await one.must(['apply', await clone(one, 'git@example.com:o/r.git', spec), '--auto-approve']);
      const other = await clone(one, 'https://user:secret@example.com/o/r', changed);
      await one.must(['apply', other, '--auto-approve'], stranger);
      expect([await plan(other), label()]).toEqual([0, 'example.com/o/r:ci.yaml']);
    },
  },
  'an adoption without changes': {
    mechanism: origin,
    does: 'the same content at another path, outside of a repository: apply, extend, apply --adopt, and then a change',
    right: 'nobody is asked; what --adopt said holds, though no object was made again',
    async check() {
      const { one, stranger, label } = await stage(spec);
      await one.must(['apply', 'SPEC', '--auto-approve']);
      const copy = join(one.folder, 'copy.yaml');
      const apply = (...more: string[]) => one.cli(['apply', copy, '--name', one.name, '--auto-approve', ...more], stranger);
      await writeFile(copy, JSON.stringify(spec));
      expect((await apply()).code).toBe(0);
      await one.must(['extend', 'NAME', '60'], stranger);
      expect((await apply('--adopt')).stderr).toContain('No changes.');
      expect(label()).toBe(`${hostname()}:${one.specPath}`);
      await one.must(['extend', 'NAME', '60'], stranger);
      await writeFile(copy, JSON.stringify(changed));
      expect((await apply()).code).toBe(0);
      await one.must(['destroy', 'NAME', '--auto-approve'], { machine: await machine() });
    },
  },
  'a new length of life alone': {
    mechanism: origin,
    does: 'max_duration is edited in a copy of the spec at another path',
    right: 'refused: it moves the end',
    async check() {
      const { one, stranger } = await stage(spec);
      await one.must(['apply', 'SPEC', '--auto-approve']);
      await writeFile(join(one.folder, 'copy.yaml'), JSON.stringify({ ...spec, max_duration: 400 }));
      const { code, stderr } = await one.cli(['apply', 'copy.yaml', '--name', one.name, '--auto-approve'], stranger);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`was made from ${hostname()}:${one.specPath}`)]);
    },
  },
  'a spec from standard input': {
    mechanism: origin,
    does: 'a worker made from standard input is changed by a file, and one made by a file from standard input',
    right: 'the first is allowed with a warning, since nobody knows; the second is another origin',
    async check() {
      const { one, label } = await stage(changed);
      await one.must(['apply', '-', '--name', one.name, '--auto-approve'], { input: JSON.stringify(spec) });
      expect(label()).toBe('');
      const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('! the worker has no record of its spec')]);
      await one.must(['destroy', 'NAME', '--auto-approve']);
      await one.must(['apply', 'SPEC', '--auto-approve']);
      const refused = await one.cli(['apply', '-', '--name', one.name, '--auto-approve'], { input: JSON.stringify(spec) });
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining(`was made from ${hostname()}:${one.specPath}, and this spec, which would change it, is from no file`),
      ]);
    },
  },
});

attacks(
  'names',
  {
    'on Docker': {
      mechanism: origin,
      does: 'a worker is made from a repository, and changed from another',
      right: 'the labels of the engine and of the lease name the repository, and decide',
      async check() {
        const one = await scene({ docker: 'real' });
        await one.must(['apply', await clone(one, 'git@example.com:me/mine.git', specs.docker()), '--auto-approve']);
        const labels = (await ownedObjects(one.name)).map(({ labels: all }) => all['dev.mayfly.origin']);
        expect(labels).toEqual(['example.com/me/mine:ci.yaml', 'example.com/me/mine:ci.yaml']);
        const theirs = await clone(one, 'git@example.com:them/theirs.git', specs.docker({ memory: 65 }));
        const { code, stderr } = await one.cli(['apply', theirs, '--auto-approve'], { machine: await machine() });
        expect([code, stderr]).toEqual([1, expect.stringContaining('was made from example.com/me/mine:ci.yaml')]);
      },
    },
  },
  { unless: !dockerAvailable() },
);

import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import type { BadInput, Stage } from './bad-input.js';

const spec = specs.process();
const plan = (one: Scene) => join(one.folder, 'saved.plan');
const save = ({ one }: Stage) => one.must(['plan', 'SPEC', '--out', plan(one)]);
const applySaved = { args: ({ one }: Stage) => ['apply', plan(one)], spec, remedy: /new plan/ } as const;

/** Cuts a file of the living worker short, and gives it back afterwards. */
const cut =
  (name: string) =>
  async ({ one }: Stage) => {
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const path = join(one.machine.stateDir, 'workers', 'process', one.name, name);
    const whole = await readFile(path);
    await truncate(path, whole.length >> 1);
    return () => writeFile(path, whole);
  };

/** A file system with so many bytes left, where the test may make one. */
const full =
  (directory: (one: Scene) => string, left: number) =>
  async ({ one }: Stage) => {
    const path = directory(one);
    await mkdir(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'mayfly-test', path]);
    await writeFile(join(path, 'filler'), Buffer.alloc(65_536 - left));
    return async () => {
      await rm(join(path, 'filler'));
      // Of a state that could not be saved, what was saved stays.
      const left = (await one.left()).filter((what) => !what.startsWith(one.machine.stateDir));
      execFileSync('umount', ['-l', path]);
      expect(left).toEqual([]);
    };
  };

function mayMount(): boolean {
  return process.getuid?.() === 0 && process.platform === 'linux';
}

const apply = { args: ['apply', 'SPEC', '--auto-approve'], spec, code: 'storage_full', cause: /[Nn]o space left/ } as const;

/** States, plans and disks that are not as we left them. */
export const badFiles: Record<string, BadInput> = {
  'a state cut short': {
    args: ['plan', 'SPEC'],
    spec,
    code: 'state_unreadable',
    at: /workers\/process\/NAME\/terraform\.tfstate$/,
    cause: /cut short or not JSON/,
    remedy: /delete the file/,
    lives: true,
    before: cut('terraform.tfstate'),
  },
  'variables cut short': {
    args: ['plan', 'SPEC'],
    spec,
    code: 'state_unreadable',
    at: /terraform\.tfvars\.json$/,
    cause: /cut short or not JSON/,
    remedy: /delete the file/,
    lives: true,
    before: cut('terraform.tfvars.json'),
  },
  'a state of another format': {
    args: ['apply', 'SPEC', '--auto-approve'],
    spec,
    code: 'state_unreadable',
    at: /terraform\.tfstate$/,
    cause: /not a state of format 4 \(version 3\)/,
    remedy: /delete the file/,
    lives: true,
    async before({ one }) {
      await one.must(['apply', 'SPEC', '--auto-approve']);
      await writeFile(join(one.machine.stateDir, 'workers', 'process', one.name, 'terraform.tfstate'), '{"version": 3}');
    },
  },
  'a saved plan cut short': {
    ...applySaved,
    code: 'plan_unreadable',
    at: /saved\.plan$/,
    cause: /cut short/,
    async before(stage) {
      await save(stage);
      await truncate(plan(stage.one), 400);
    },
  },
  'a saved plan of another version': {
    ...applySaved,
    code: 'plan_unreadable',
    at: /saved\.plan$/,
    cause: /another version/,
    async before(stage) {
      await save(stage);
      const text = await readFile(plan(stage.one), 'utf8');
      await writeFile(plan(stage.one), text.replace('mayfly-plan/2', 'mayfly-plan/9'));
    },
  },
  'a saved plan that came too late': {
    ...applySaved,
    code: 'plan_stale',
    at: 'NAME',
    cause: /has changed since the plan was made/,
    lives: true,
    async before(stage) {
      await save(stage);
      await stage.one.must(['apply', 'SPEC', '--auto-approve']);
    },
  },
  ...(mayMount() && {
    'no space for a lock': {
      ...apply,
      at: /locks\/process-NAME\.json$/,
      remedy: /free some space/,
      before: full((one) => one.machine.stateDir, 0),
    },
    'no space for the variables': { ...apply, at: /\S/, remedy: /free some space/, before: full((one) => one.machine.stateDir, 16_384) },
    'no space for the state': { ...apply, at: /\S/, remedy: /free some space/, before: full((one) => one.machine.stateDir, 24_576) },
    'no space for a process': { ...apply, at: /\S/, remedy: /free some space/, before: full((one) => one.machine.processDir, 0) },
  }),
};

import { expect } from 'vitest';
import { type ErrorCode, formatPlace, type Place } from '../../src/errors.js';
import { jsonLines, type Scene, scene, type SceneOptions, type SpecFile } from '../cli/scene.js';
import { type FakeDocker } from '../support/fake-docker/index.js';
import type { CliOptions } from '../support/run-cli.js';

/** What a step before the command may use: the scene, and the fake daemon where there is one. */
export interface Stage {
  one: Scene;
  fake: FakeDocker;
}

/** One thing that is wrong, the command that meets it, and all that is told of it. */
export interface BadInput {
  args: readonly string[] | ((stage: Stage) => readonly string[]);
  code: ErrorCode;
  cause: RegExp;
  remedy: RegExp;
  /** `file:line:column path`, where `SPEC` is the spec's path; absent: there is no place. */
  at?: string | RegExp;
  spec?: SpecFile;
  docker?: 'none' | 'real';
  /** Takes the place of `docker`. */
  fake?: () => Promise<FakeDocker>;
  options?: CliOptions;
  env?: Record<string, string>;
  /** Makes it wrong. @returns what to check and undo afterwards */
  before?(stage: Stage): Promise<void | (() => unknown)>;
  /** The worker lived before, and does afterwards: it is destroyed, then nothing may be left. */
  lives?: true;
  /** Texts that no output may hold. */
  secrets?: string[];
  /** Commands that print no JSON. */
  human?: true;
}

interface Diagnostic {
  severity: string;
  code: string;
  summary: string;
  detail: string;
  range?: Place;
}

/** Runs one and asserts code, exit code, place, remedy, that no stack trace is printed, and that nothing is left behind. */
export async function meet(bad: BadInput): Promise<void> {
  const fake = await bad.fake?.();
  const docker: SceneOptions['docker'] = fake ?? bad.docker ?? 'none';
  const one = await scene({ docker, ...(bad.spec && { spec: bad.spec }), ...(bad.env && { env: bad.env }) });
  const stage = { one, fake: fake! };
  const after = await bad.before?.(stage);
  try {
    await assertRefused(bad, stage);
  } finally {
    await after?.();
  }
  if (bad.lives) await one.must(['destroy', 'NAME', '--auto-approve']);
  expect(await one.leftAtLast()).toEqual([]);
}

async function assertRefused(bad: BadInput, stage: Stage): Promise<void> {
  const { one } = stage;
  const args = typeof bad.args === 'function' ? bad.args(stage) : bad.args;
  const { code, stdout, stderr } = await one.cli(bad.human ? args : jsonOf(args), bad.options);
  const printed = stdout + stderr;
  expect(printed).not.toMatch(/^\s+at .*[(:]\d+/m);
  expect(printed).not.toMatch(/bug in mayfly|undefined|\[object/);
  for (const secret of bad.secrets ?? []) expect(printed).not.toContain(secret);
  if (bad.human) assertHuman(bad, stderr, one);
  else assertDiagnostic(bad, stdout, one);
  expect(code, printed).toBe(bad.code === 'no_backend' || bad.code === 'not_enforced' ? 3 : 1);
}

/** `--json` goes before what a command in a container is given. */
function jsonOf(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return [...args.slice(0, end), '--json', ...args.slice(end)];
}

function assertDiagnostic(bad: BadInput, stdout: string, one: Scene): void {
  const errors = jsonLines(stdout).flatMap((line) =>
    line.type === 'diagnostic' && line['@level'] === 'error' ? [line['diagnostic'] as Diagnostic] : [],
  );
  const [first] = errors;
  const said = errors.map(({ summary }) => summary).join('\n');
  expect(
    errors.map(({ code }) => code),
    said,
  ).toContain(bad.code);
  expect(said).toMatch(bad.cause);
  for (const { detail } of errors) expect(detail, `the remedy of: ${said}`).toMatch(bad.remedy);
  const place = formatPlace(first?.range).replaceAll(one.specPath, 'SPEC').replaceAll(one.name, 'NAME');
  if (bad.at instanceof RegExp) expect(place).toMatch(bad.at);
  else expect(place).toBe(bad.at ?? '');
}

function assertHuman(bad: BadInput, stderr: string, one: Scene): void {
  const text = stderr.replaceAll(one.specPath, 'SPEC').replaceAll(one.name, 'NAME');
  const [error = '', ...rest] = text.slice(Math.max(0, text.lastIndexOf('Error: '))).split('\n');
  expect(error).toMatch(bad.cause);
  if (typeof bad.at === 'string') expect(error.startsWith(`Error: ${bad.at}: `), error).toBe(true);
  else if (bad.at) expect(error).toMatch(bad.at);
  expect(rest.find((line) => line.startsWith('  → '))).toMatch(bad.remedy);
}

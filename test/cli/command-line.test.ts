import { expect, test } from 'vitest';
import { splitCommandLine } from '../../src/cli/command-line.js';
import { command, commands } from '../../src/cli/commands/index.js';
import { usageOf } from '../../src/cli/declaration.js';

const cases: Record<string, [line: string, words: string, userCommand: string[]]> = {
  'all after the container is the command': ['exec ci test psql --version', 'exec ci test', ['psql', '--version']],
  'so it is with options of ours before it': ['exec -it ci --json test sh -c x', 'exec -it ci --json test', ['sh', '-c', 'x']],
  'a -- before the command is not part of it': ['exec ci test -- psql --help', 'exec ci test', ['psql', '--help']],
  'a -- in the command is': ['exec ci test make -- -j2', 'exec ci test', ['make', '--', '-j2']],
  'behind -- the engine is meant': ['exec ci -- ls', 'exec ci', ['ls']],
  'all after the spec is the command of run': ['run ci.yaml make --version', 'run ci.yaml', ['make', '--version']],
  'the value of an option is no command': ['run ci.yaml --in test --name a make', 'run ci.yaml --in test --name a', ['make']],
  'nor is it before the name of the command': ['--backend docker exec ci test ls', '--backend docker exec ci test', ['ls']],
  'a value may be written with =': ['run --in=test ci.yaml -i make', 'run --in=test ci.yaml -i', ['make']],
  'a spec from standard input': ['run - --in test make', 'run \0- --in test', ['make']],
  'the applier is a value, too': ['run --applier tofu ci.yaml make', 'run --applier tofu ci.yaml', ['make']],
  'a spec may have the name of a command': ['validate run exec a b', 'validate run exec a b', []],
  'other commands take none': ['wait ci --for ready --timeout 5m', 'wait ci --for ready --timeout 5m', []],
};

test.for(Object.entries(cases))('%s', ([, [line, words, behind]]) => {
  const split = splitCommandLine(line.split(' '), commands);
  expect([split.words.join(' '), split.userCommand]).toEqual([words, behind]);
});

test('usage shows which words may be left out or repeated', () => {
  const word = { type: 'string' } as const;
  const declared = {
    name: 'send',
    describe: '',
    positionals: { to: { ...word, demandOption: true }, from: word, files: { ...word, array: true, demandOption: true } },
  } as const;
  expect(usageOf(declared)).toBe('send <to> [from] <files..>');
});

test('what runs a command takes the arguments that it declares', async () => {
  const declared = {
    name: 'send',
    describe: '',
    positionals: { to: { type: 'string', demandOption: true } },
    options: { 'dry-run': { type: 'boolean', default: false }, size: { type: 'number' } },
  } as const;
  const got: unknown[] = [];
  const right = async (args: { to: string; dryRun: boolean; size: number | undefined; json: boolean | undefined; userCommand: string[] }) =>
    void got.push(args.to);
  await command(declared, async () => ({ run: right })).run({ to: 'ci', dryRun: false, userCommand: [] });
  expect(got).toEqual(['ci']);
  // @ts-expect-error `size` may be left out.
  command(declared, async () => ({ run: async (_args: { size: number }) => {} }));
  // @ts-expect-error It has no such option.
  command(declared, async () => ({ run: async (_args: { force: boolean }) => {} }));
});

import { describe, expect, test } from 'vitest';
import { splitCommandLine, valuedOptions } from '../../src/cli/command-line.js';
import { commands } from '../../src/cli/commands/index.js';

const takesCommand = new Map([
  ['exec', 2],
  ['run', 1],
]);

const cases: Record<string, [line: string, words: string, behind: string[]]> = {
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
  'other commands take none': ['wait ci --for ready --timeout 5m', 'wait ci --for ready --timeout 5m', []],
};

test.for(Object.entries(cases))('%s', ([, [line, words, behind]]) => {
  const split = splitCommandLine(line.split(' '), takesCommand);
  expect([split.words.join(' '), split.behind]).toEqual([words, behind]);
});

describe('the options with a value that come before a command', () => {
  test.for(commands.filter((one) => one.takesCommand !== undefined))('$command', ({ builder }) => {
    const valued: string[] = [];
    const recorder: unknown = new Proxy(
      {},
      {
        get:
          (_target, call) =>
          (name: string, options: { requiresArg?: boolean; alias?: string } = {}) => {
            if (call === 'option' && options.requiresArg) valued.push(`--${name}`);
            return recorder;
          },
      },
    );
    builder(recorder as never);
    expect(valued.filter((name) => !valuedOptions.has(name))).toEqual([]);
  });
});

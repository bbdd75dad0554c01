import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { specs } from '../cli/specs.js';
import type { BadInput } from './bad-input.js';

const usage = { code: 'usage' } as const;

/** Command lines that say something else than they should. */
export const badArguments: Record<string, BadInput> = {
  'no command': { ...usage, args: [], cause: /^name a command$/, remedy: /mayfly --help/ },
  'unknown command': { ...usage, args: ['aply', 'SPEC'], cause: /no command "aply"/, remedy: /mayfly apply/ },
  'unknown option': { ...usage, args: ['plan', 'SPEC', '--paralelism=2'], cause: /unknown argument --paralelism=2/, remedy: /plan --help/ },
  'an argument too many': { ...usage, args: ['show', 'a', 'b'], cause: /unknown argument "b"/, remedy: /show --help/ },
  'an argument missing': { ...usage, args: ['extend', 'a'], cause: /missing: mayfly extend <worker> <duration>/, remedy: /extend --help/ },
  'an empty argument': { ...usage, args: ['plan', ''], cause: /an argument is empty/, remedy: /plan --help/ },
  'an option without its value': { ...usage, args: ['plan', 'SPEC', '--out'], cause: /--out needs a value/, remedy: /plan --help/ },
  'an option twice': {
    ...usage,
    args: ['plan', 'SPEC', '--name', 'a', '--name', 'b'],
    cause: /--name is given twice/,
    remedy: /plan --help/,
  },
  'an unknown backend': { ...usage, args: ['list', '--backend', 'vm'], cause: /must be one of docker, process/, remedy: /list --help/ },
  'exec without a command': { ...usage, args: ['exec', 'ci'], cause: /no command is given/, remedy: /mayfly exec ci build/, human: true },
  'a terminal where there is none': {
    ...usage,
    args: ['exec', '-it', 'ci', '--', 'sh'],
    at: '--tty',
    cause: /is not a terminal/,
    remedy: /leave out -t/,
    human: true,
  },
  'run without a command': {
    ...usage,
    args: ['run', 'SPEC', '--'],
    spec: specs.process(),
    cause: /no command/,
    remedy: /mayfly run ci.yaml/,
    human: true,
  },
  'a command where none goes': {
    ...usage,
    args: ['list', '--', 'make'],
    cause: /only run, exec, task add and functions add/,
    remedy: /list --help/,
  },
  'a duration in words': {
    ...usage,
    args: ['extend', 'a', 'long'],
    at: 'duration',
    cause: /30m, 2h, 1d, got "long"/,
    remedy: /mayfly extend/,
  },
  'a tail of nothing': {
    ...usage,
    args: ['logs', 'a', '--tail', 'x'],
    at: '--tail',
    cause: /whole number/,
    remedy: /--tail 20/,
    human: true,
  },
  'a since of no time': {
    ...usage,
    args: ['logs', 'a', '--since', 'monday'],
    at: '--since',
    cause: /a duration \(10m\), an RFC 3339 time .*got "monday"/,
    remedy: /--since 10m/,
    human: true,
  },
  'a since to come': {
    ...usage,
    args: ['logs', 'a', '--since', '2999-01-01T00:00:00Z'],
    at: '--since',
    cause: /2999-.* is in the future/,
    remedy: /--since 10m/,
    human: true,
  },
  'a timeout in words': { ...usage, args: ['wait', 'a', '--timeout', 'long'], at: '--timeout', cause: /30m, 2h/, remedy: /--timeout 5m/ },
  'a parallelism of none': {
    args: ['apply', 'SPEC', '--parallelism', '0'],
    code: 'settings_invalid',
    at: '--parallelism',
    cause: /a whole number from 1, got 0/,
    remedy: /omit it/,
  },
  'a lock timeout in words': {
    args: ['gc', '--lock-timeout', 'long'],
    code: 'settings_invalid',
    at: '--lock-timeout',
    cause: /seconds, at least 0, got no number/,
    remedy: /omit it/,
  },
  'init over an existing file': {
    ...usage,
    args: ['init', 'first.yaml'],
    at: 'first.yaml',
    cause: /exists already/,
    remedy: /another file/,
    before: ({ one }) => writeFile(join(one.folder, 'first.yaml'), 'mine'),
  },
  'init in a folder that is not there': {
    ...usage,
    args: ['init', 'no/first.yaml'],
    at: 'no/first.yaml',
    cause: /folder/,
    remedy: /create the folder/,
  },
  'a plan saved to a folder': {
    ...usage,
    args: ['plan', 'SPEC', '--out', '.'],
    spec: specs.process(),
    at: '.',
    cause: /is a directory/,
    remedy: /file/,
  },
  'a stack written over a file': {
    ...usage,
    args: ['synth', 'SPEC', '--out', 'SPEC'],
    spec: specs.process(),
    at: 'SPEC/cdk.tf.json',
    cause: /folder|exists already/,
    remedy: /\S/,
  },
};

import { mkdir, writeFile } from 'node:fs/promises';
import { specs } from '../cli/specs.js';
import type { BadInput, Stage } from './bad-input.js';

const file =
  (content: string | Buffer) =>
  ({ one }: Stage) =>
    writeFile(one.specPath, content);
const unreadable = { args: ['plan', 'SPEC'], code: 'spec_unreadable', at: 'SPEC' } as const;
const invalid = { args: ['apply', 'SPEC', '--auto-approve'], code: 'spec_invalid' } as const;

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat([...'bcdefghij'].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(', ')}]`))
  .join('\n');

/** Files that are no spec; that each mistake within one is told is in test/spec. */
export const badSpecs: Record<string, BadInput> = {
  'a file that is not there': { ...unreadable, cause: /does not exist/, remedy: /check the path/ },
  'a directory': {
    ...unreadable,
    cause: /is a directory/,
    remedy: /the spec file in it/,
    before: async ({ one }) => void (await mkdir(one.specPath)),
  },
  'a huge file': { ...unreadable, cause: /larger than 1 MB/, remedy: /right file/, before: file(Buffer.alloc(50_000_000, 'a: 1\n')) },
  'not text': { ...unreadable, cause: /not UTF-8/, remedy: /UTF-8/, before: file(Buffer.from([0xff, 0xfe, 0x00])) },
  'a YAML bomb': { ...invalid, at: /^SPEC:\d+:\d+/, cause: /aliases expand to too many/, remedy: /\S/, before: file(bomb) },
  'an empty file': { ...invalid, at: 'SPEC:1:1', cause: /is empty/, remedy: /max_duration/, before: file('') },
  'two mistakes at once': {
    ...invalid,
    at: 'SPEC:2:1 cpu',
    cause: /cpu|number[\s\S]*unknown key "colour"/,
    remedy: /\S/,
    before: file('max_duration: 60\ncpu: fast\nmemory: 64\nstorage: 1\ncolour: red\nengine: {command: [a]}\n'),
  },
  'a variable that is not set': {
    ...invalid,
    at: 'SPEC:5:21 engine.command[0]',
    cause: /NOPE is not set/,
    remedy: /set NOPE/,
    before: file('max_duration: 60\ncpu: 1\nmemory: 6\nstorage: 1\nengine: {command: ["${env:NOPE}"]}\n'),
  },
  'stdin without a name': {
    args: ['plan', '-'],
    code: 'spec_invalid',
    at: '<stdin>:1:1 name',
    cause: /is required/,
    remedy: /--name/,
    options: { input: JSON.stringify(specs.process()) },
  },
  'nothing on stdin': { args: ['validate', '-', '--name', 'a'], code: 'spec_invalid', at: '<stdin>:1:1', cause: /empty/, remedy: /\S/ },
  'a name with capitals': {
    args: ['plan', 'SPEC', '--name', 'CI'],
    code: 'spec_invalid',
    at: /^SPEC:\d+:\d+ name$/,
    cause: /lower-case/,
    remedy: /such as ci/,
    spec: specs.process(),
  },
  'one good, one bad': {
    args: ['validate', 'SPEC', 'other.yaml'],
    code: 'spec_unreadable',
    at: 'other.yaml',
    cause: /does not exist/,
    remedy: /path/,
    spec: specs.process(),
  },
  'destroy by a spec that is none': {
    ...unreadable,
    args: ['destroy', './no.yaml'],
    at: './no.yaml',
    cause: /does not exist/,
    remedy: /path/,
  },
};

import { type BadSpec, base, engine } from './support.js';

/** What can't be read as one mapping, and references that fail. */
export const badTexts: Record<string, BadSpec> = {
  'empty file': { text: '', at: '1:1', cause: 'the file is empty', remedy: /max_duration/ },
  'only comments': { text: '# nothing\n', at: '1:1', cause: 'the file is empty' },
  'explicit null': { text: '~\n', at: '1:1', cause: 'the file is empty' },
  'a list at the root': { text: '- a\n', at: '1:1', cause: 'must be a mapping, got a list' },
  'a text at the root': { text: 'hello\n', at: '1:1', cause: 'must be a mapping, got a string' },
  'several documents': { text: `${base}---\n${base}`, at: '5:1', cause: /several workers, but only one is expected here/ },
  'unclosed bracket': { text: `${base}tags: [a\n`, at: '6:1', cause: /a bracket above is not closed/ },
  'unclosed quote': { text: `${base}name: "ci\n`, at: '6:1', cause: /closing quote/ },
  'two colons on a line': { text: 'name: a: b\n', at: '1:7', cause: /second ": "|not expected/ },
  'tab as indentation': { text: `${base}engine:\n\timage: alpine\n`, at: '6:1', cause: /tab|indentation/ },
  'reserved first character': { text: 'name: @ci\n', at: '1:7', cause: /YAML reserves/, remedy: /quotes/ },
  'bad escape': { text: 'name: "\\q"\n', at: '1:8', cause: /unknown escape/ },
  'unknown tag': { text: 'name: !secret ci\n', at: '1:7', cause: /tag/ },
  'unquoted reference in a flow mapping': {
    text: 'engine: {image: ${env:IMAGE}}\n',
    at: '1:18',
    cause: /not expected/,
    remedy: /in quotes/,
  },
  'nested too deeply': { text: '['.repeat(500), at: '1:101', cause: 'values are nested too deeply' },
  'alias of nothing': { text: `${base}name: *ci\n`, at: '5:7 name', cause: /names no anchor/ },
  'alias within itself': { text: 'tags: &t [*t]\n', at: '1:11 tags[0][0]', cause: /inside the value that it names/ },
  'duplicate key': { text: `${base}cpu: 100\n`, at: '5:1 cpu', cause: '"cpu" is written twice in this mapping' },
  'duplicate key in JSON': {
    text: '{"max_duration": 1, "cpu": 1, "memory": 6, "storage": 0,\n "cpu": 2}',
    at: '2:2 cpu',
    cause: /written twice/,
  },
  'a list as a key': { text: `${base}[a]: 1\n`, at: '5:1', cause: 'a key must be a plain word' },
  'a key called __proto__': { text: `${base}__proto__: 1\n`, at: '5:1', cause: /__proto__/ },
  'a merge of a text': { text: `${base}<<: text\n`, at: '5:5 ["<<"]', cause: /alias of a mapping/ },
  'variable not set': {
    text: `${base}name: ${'$'}{env:NAME}\n`,
    at: '5:7 name',
    cause: 'the variable NAME is not set',
    remedy: /set NAME/,
  },
  'second reference not set': {
    text: engine('  command: make ${env:A:-x} "${env:B}"\n'),
    at: '7:30 engine.command',
    cause: 'the variable B is not set',
  },
  'reference not closed': { text: `${base}name: ci-${'$'}{env:NAME\n`, at: '5:10 name', cause: /not closed/ },
  'reference without a name': { text: `${base}name: ${'$'}{env:}\n`, at: '5:7 name', cause: /no variable name/ },
};

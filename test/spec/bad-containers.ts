import { type BadSpec, base, engine } from './support.js';

/** Fields of the engine and of what stands beside it. */
export const badContainers: Record<string, BadSpec> = {
  'engine a text': { text: `${base}engine: alpine\n`, at: '5:1 engine', cause: 'must be a mapping, or idle, got a string' },
  'idle without a container': {
    text: `${base}engine: idle\n`,
    at: '5:1 engine',
    cause: 'is idle: it runs the image of the first container, and there is none',
  },
  'engine without anything to run': {
    text: `${base}engine: {}\n`,
    at: '5:1 engine.image',
    cause: /required where there is no command/,
  },
  'image with a space': {
    text: `${base}engine:\n  image: al pine\n`,
    at: '6:3 engine.image',
    cause: /image reference, got "al pine"/,
  },
  'image that begins as an option does': {
    text: `${base}engine:\n  image: --privileged\n`,
    at: '6:3 engine.image',
    cause: /image reference, got "--privileged"/,
  },
  'port 0': { text: engine('  port: 0\n'), at: '7:3 engine.port', cause: 'must be from 1 to 65535, got 0' },
  'port 65536': { text: engine('  port: 65536\n'), at: '7:3 engine.port', cause: /from 1 to 65535/ },
  'empty command': { text: engine('  command: []\n'), at: '7:3 engine.command', cause: /must not be an empty list/ },
  'a mapping in a command': {
    text: engine('  command: [make, {a: 1}]\n'),
    at: '7:19 engine.command[1]',
    cause: 'must be a string, got a mapping',
  },
  'command a number': { text: engine('  command: 5\n'), at: '7:3 engine.command', cause: /list of strings, or one string/ },
  'entrypoint with quotes': {
    text: engine("  entrypoint: sh -c 'sleep 1'\n"),
    at: '7:3 engine.entrypoint',
    cause: 'must be a list where a word has quotes, backslashes or spaces',
    remedy: /^write for example `entrypoint: \["tini","--"\]`/,
  },
  'entrypoint of spaces': { text: engine("  entrypoint: ' '\n"), at: '7:3 engine.entrypoint', cause: /must be a list where/ },
  'empty entrypoint': { text: engine('  entrypoint: []\n'), at: '7:3 engine.entrypoint', cause: /must not be an empty list/ },
  'relative working_dir': { text: engine('  working_dir: src\n'), at: '7:3 engine.working_dir', cause: /absolute path, got "src"/ },
  'working_dir with ..': { text: engine('  working_dir: /src/..\n'), at: '7:3 engine.working_dir', cause: /without empty, "\." or "\.\."/ },
  'user with a space': { text: engine('  user: root bin\n'), at: '7:3 engine.user', cause: /must be a user, .* got "root bin"/ },
  'user -1': { text: engine('  user: -1\n'), at: '7:3 engine.user', cause: /must be a user/ },
  'shm_size in words': { text: engine('  shm_size: much\n'), at: '7:3 engine.shm_size', cause: /must be a whole number of MB, got "much"/ },
  'bad variable name': {
    text: engine('  env:\n    9LIVES: cat\n'),
    at: '8:5 engine.env',
    cause: /a variable's name must consist of letters/,
  },
  'variable without a value': {
    text: engine('  env:\n    HOME:\n'),
    at: '8:5 engine.env.HOME',
    cause: 'must be a string, got null',
    remedy: 'write `HOME: ""` for an empty value, or `HOME: ${env:HOME}` to pass your own variable on',
  },
  'variable a list': { text: engine('  env:\n    A: [1]\n'), at: '8:5 engine.env.A', cause: 'must be a string, got a list' },
  'env a list': {
    text: engine('  env: [A=1]\n'),
    at: '7:3 engine.env',
    cause: 'must be a mapping of names to strings, got a list',
  },
  'healthcheck without a command': {
    text: engine('  healthcheck: {}\n'),
    at: '7:3 engine.healthcheck.command',
    cause: 'is required',
  },
  'healthcheck a word': {
    text: engine('  healthcheck: off-please\n'),
    at: '7:3 engine.healthcheck',
    cause: 'must be a mapping, or none, got a string',
    remedy: /for example `healthcheck: .*pg_isready/,
  },
  'healthcheck with a key that it has not': {
    text: engine('  healthcheck: {command: x, retires: 3}\n'),
    at: '7:29 engine.healthcheck.retires',
    cause: 'unknown key "retires"',
    remedy: 'did you mean "retries"?',
  },
  'healthcheck of CMD alone': {
    text: engine('  healthcheck: {command: [CMD]}\n'),
    at: '7:17 engine.healthcheck.command',
    cause: /a command after CMD/,
  },
  'interval in no unit': {
    text: engine('  healthcheck: {command: x, interval: 5q}\n'),
    at: '7:29 engine.healthcheck.interval',
    cause: /number of seconds or a duration.*got "5q"/,
  },
  'interval 0': {
    text: engine('  healthcheck: {command: x, interval: 0s}\n'),
    at: '7:29 engine.healthcheck.interval',
    cause: /from 0.001 to 86400 seconds/,
  },
  'no retries': {
    text: engine('  healthcheck: {command: x, retries: 0}\n'),
    at: '7:29 engine.healthcheck.retries',
    cause: /from 1 to 10000/,
  },
  'pull_secret of no kind': {
    text: engine('  pull_secret: hunter2\n'),
    at: '7:3 engine.pull_secret',
    cause: 'must be env:NAME, file:PATH or a JSON object in a string',
  },
  'volume of nothing': {
    text: `${base}volumes:\n  - name: work\n    storage: 0\n`,
    at: '7:5 volumes[0].storage',
    cause: 'must be at least 1 MB, got 0',
  },
  'unknown medium': {
    text: `${base}volumes:\n  - {name: work, storage: 1, medium: ram}\n`,
    at: '6:30 volumes[0].medium',
    cause: /disk or memory, got "ram"/,
  },
  'key of a request broken': {
    text: `${base}mode: {distribution_secret_key: {key: 5}}\n`,
    at: '5:34 mode.distribution_secret_key.key',
    cause: 'must be a string',
  },
};

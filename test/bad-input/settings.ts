import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { specs } from '../cli/specs.js';
import type { BadInput, Stage } from './bad-input.js';

const config =
  (content: string) =>
  ({ one }: Stage) =>
    writeFile(join(one.folder, 'mayfly.config.yaml'), content);
const list = { args: ['list'], code: 'settings_invalid' } as const;
const variable = (name: string, value: string) => ({ ...list, at: name, remedy: /omit it/, options: { env: { [name]: value } } });

/** Settings files, `MAYFLY_*` and `DOCKER_*` that can't be. */
export const badSettings: Record<string, BadInput> = {
  'a settings file that is no YAML': {
    ...list,
    at: /config\.yaml:3:1$/,
    cause: /\S/,
    remedy: /correct the YAML/,
    before: config('backend: docker\nparallelism: [\n'),
  },
  'a settings file of text': {
    ...list,
    at: /config\.yaml$/,
    cause: /must hold settings/,
    remedy: /backend: process/,
    before: config('hello\n'),
  },
  'a settings file that is a list': {
    ...list,
    at: /config\.yaml$/,
    cause: /must hold settings/,
    remedy: /backend: process/,
    before: config('- a\n'),
  },
  'a setting that is none': {
    ...list,
    at: /config\.yaml back$/,
    cause: /is not a setting/,
    remedy: /use backend, applier, state_backend, parallelism/,
    before: config('back: docker\n'),
  },
  'a setting of the wrong kind': {
    ...list,
    at: /config\.yaml parallelism$/,
    cause: /whole number from 1, got "many"/,
    remedy: /correct it/,
    before: config('parallelism: many\n'),
  },
  'MAYFLY_BACKEND of no backend': { ...variable('MAYFLY_BACKEND', 'vm'), cause: /docker, process, aws, got "vm"/ },
  'MAYFLY_APPLIER of no applier': { ...variable('MAYFLY_APPLIER', 'pulumi'), cause: /embedded, terraform or tofu, got "pulumi"/ },
  'MAYFLY_AWS_REGION of no region': { ...variable('MAYFLY_AWS_REGION', 'Ireland'), cause: /a region such as eu-west-1, got "Ireland"/ },
  'MAYFLY_AWS_CLUSTER of an ARN': {
    ...variable('MAYFLY_AWS_CLUSTER', 'arn:aws:ecs:eu-west-1:1:cluster/c'),
    cause: /the name of an ECS cluster/,
  },
  'MAYFLY_AWS_SUBNETS of no ids': { ...variable('MAYFLY_AWS_SUBNETS', 'mine'), cause: /ids of subnets/ },
  'a state backend of no known type': {
    ...list,
    at: /config\.yaml state_backend$/,
    cause: /s3/,
    remedy: /correct it/,
    before: config('state_backend: { type: consul }\n'),
  },
  'MAYFLY_PARALLELISM in words': { ...variable('MAYFLY_PARALLELISM', 'many'), cause: /whole number/ },
  'MAYFLY_LOCK_TIMEOUT below 0': { ...variable('MAYFLY_LOCK_TIMEOUT', '-1'), cause: /at least 0/ },
  'MAYFLY_MAX_LIFETIME of a part': { ...variable('MAYFLY_MAX_LIFETIME', '1.5'), cause: /at least 1/ },
  'DOCKER_HOST of nonsense': {
    args: ['list', '--backend', 'docker'],
    code: 'settings_invalid',
    at: 'DOCKER_HOST',
    cause: /only unix:\/\/, tcp:\/\/ and ssh:\/\//,
    remedy: /set DOCKER_HOST/,
    options: { env: { DOCKER_HOST: 'nonsense' } },
  },
  'DOCKER_HOST where nobody answers': {
    args: ['gc', '--backend', 'docker'],
    code: 'backend_unreachable',
    at: /^unix:\/\//,
    cause: /does not answer/,
    remedy: /start the daemon/,
  },
  'a docker context that is not there': {
    args: ['list', '--backend', 'docker'],
    code: 'settings_invalid',
    at: 'docker context',
    cause: /no docker context named "away"/,
    remedy: /docker context ls/,
    options: { env: { DOCKER_HOST: undefined, DOCKER_CONTEXT: 'away' } },
  },
  'a docker configuration cut short': {
    args: ['list', '--backend', 'docker'],
    code: 'settings_invalid',
    at: /config\.json$/,
    cause: /not readable JSON/,
    remedy: /correct or delete/,
    before: ({ one }) => writeFile(join(one.folder, 'config.json'), '{"currentContext": "a'),
    options: { env: { DOCKER_HOST: undefined, DOCKER_CONFIG: '.' } },
  },
  'no daemon for a spec of images': {
    args: ['plan', 'SPEC'],
    code: 'no_backend',
    at: 'docker',
    cause: /docker[\s\S]*local processes have no images/,
    remedy: /name another backend/,
    spec: specs.docker(),
  },
};

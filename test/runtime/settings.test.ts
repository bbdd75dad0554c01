import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Flags, findSettings } from '../../src/runtime/settings.js';
import type { Settings } from '../../src/worker/settings.js';
import { tempDir } from '../support/temp-dir.js';

const fileName = 'mayfly.config.yaml';

/** A user with a home directory, whose command runs in `a/b` of a project. */
async function user() {
  const root = await tempDir('settings');
  const [home, folder] = [join(root, 'home'), join(root, 'project', 'a', 'b')];
  const own = join(root, 'config', 'mayfly');
  await Promise.all([home, folder, own].map((path) => mkdir(path, { recursive: true })));
  const base = { HOME: home, XDG_CONFIG_HOME: join(root, 'config') };
  const write = (directory: string) => (content: string) => writeFile(join(directory, fileName), content);
  return {
    home,
    writeOwn: write(own),
    writeProject: write(join(root, 'project')),
    writeFolder: write(join(root, 'project', 'a')),
    find: (env: Record<string, string> = {}, flags: Flags = {}) => findSettings(folder, { ...base, ...env }, flags),
  };
}

test('settings that nobody gives have their defaults', async () => {
  const { home, find } = await user();
  expect(await find()).toEqual({
    settings: {
      backend: null,
      applier: 'embedded',
      stateBackend: null,
      parallelism: 10,
      lockTimeout: 0,
      maxLifetime: 2_592_000,
      backends: {},
    },
    stateDir: join(home, '.local/state/mayfly'),
    serve: null,
    server: null,
    tokenFile: null,
  });
});

test("the service's settings are passed on as they are, with their file", async () => {
  const { writeOwn, writeProject, find } = await user();
  await writeOwn('serve: { batch: many }\n');
  const own = (await find()).serve;
  expect([own?.file.endsWith('/mayfly/mayfly.config.yaml'), own?.value]).toEqual([true, { batch: 'many' }]);
  await writeProject('serve: { nodes: [] }\n');
  expect((await find()).serve?.value).toEqual({ nodes: [] });
  await writeProject('serve: 3\n');
  await expect(find()).rejects.toMatchObject({ code: 'settings_invalid', place: { path: 'serve' } });
});

test('a flag wins over a variable, a variable over the nearest file, the nearest file over the own one of the user', async () => {
  const { writeOwn, writeProject, writeFolder, find } = await user();
  const parallelism = async (...given: Parameters<typeof find>) => (await find(...given)).settings.parallelism;
  await writeOwn('parallelism: 1\nlock_timeout: 11\n');
  expect(await parallelism()).toBe(1);
  await writeProject('parallelism: 2\napplier: tofu\n');
  expect(await parallelism()).toBe(2);
  await writeFolder('parallelism: 3\n');
  expect(await parallelism()).toBe(3);
  expect(await parallelism({ MAYFLY_PARALLELISM: '4' })).toBe(4);
  expect(await parallelism({ MAYFLY_PARALLELISM: '4' }, { parallelism: 5 })).toBe(5);
  // Only the nearest of the files up the folders is read.
  expect((await find()).settings).toMatchObject({ applier: 'embedded', lockTimeout: 11 });
});

const fromVariable: Record<string, [value: string, expected: Partial<Settings>]> = {
  MAYFLY_BACKEND: ['process', { backend: 'process' }],
  MAYFLY_APPLIER: ['terraform', { applier: 'terraform' }],
  MAYFLY_PARALLELISM: ['1', { parallelism: 1 }],
  MAYFLY_LOCK_TIMEOUT: ['0.5', { lockTimeout: 0.5 }],
  MAYFLY_MAX_LIFETIME: ['1', { maxLifetime: 1 }],
  DOCKER_HOST: ['tcp://h:1', { backends: { docker: { endpoint: 'tcp://h:1' } } }],
  MAYFLY_PROCESS_DIR: ['123', { backends: { process: { directory: '123' } } }],
  MAYFLY_AWS_REGION: ['eu-west-1', { backends: { aws: { region: 'eu-west-1' } } }],
};
test.for(Object.entries(fromVariable))('the variable %s is read', async ([variable, [value, expected]]) => {
  expect((await (await user()).find({ [variable]: value })).settings).toMatchObject(expected);
});

test('an empty variable counts as not set', async () => {
  const { writeFolder, find } = await user();
  await writeFolder('backend: process\n');
  expect((await find({ MAYFLY_BACKEND: '', DOCKER_HOST: '' })).settings).toMatchObject({ backend: 'process', backends: {} });
});

test('settings of one kind of backend are joined from all places', async () => {
  const { writeOwn, writeFolder, find } = await user();
  await writeOwn('aws_region: eu-west-1\naws_cluster: own\n');
  await writeFolder('aws_cluster: near\n');
  expect((await find({ MAYFLY_AWS_SUBNETS: 'subnet-1' })).settings.backends).toEqual({
    aws: { region: 'eu-west-1', cluster: 'near', subnets: 'subnet-1' },
  });
});

test('a state backend is its type and its configuration', async () => {
  const { writeFolder, find } = await user();
  await writeFolder('state_backend: { type: s3, bucket: b, endpoints: { s3: http://h } }\n');
  expect((await find()).settings.stateBackend).toEqual({ type: 's3', config: { bucket: 'b', endpoints: { s3: 'http://h' } } });
});

test.for<[name: string, env: Record<string, string>, expected: string]>([
  ['the variable of its own', { MAYFLY_STATE_DIR: '/s', XDG_STATE_HOME: '/x' }, '/s'],
  ['that of XDG', { XDG_STATE_HOME: '/x' }, '/x/mayfly'],
  ['the home directory', { HOME: '/h' }, '/h/.local/state/mayfly'],
])('the state directory comes from %s', async ([, env, expected]) => {
  expect((await (await user()).find(env)).stateDir).toBe(expected);
});

describe('refused', () => {
  const files: Record<string, [content: string, path: string]> = {
    'an unknown setting': ['back: docker\n', 'back'],
    'a name that every object has': ['toString: x\n', 'toString'],
    'a parallelism of 0': ['parallelism: 0\n', 'parallelism'],
    'a lock timeout below 0': ['lock_timeout: -1\n', 'lock_timeout'],
    'a lifetime of 0 s': ['max_lifetime: 0\n', 'max_lifetime'],
    'a part of a second of lifetime': ['max_lifetime: 1.5\n', 'max_lifetime'],
    'a region that does not exist': ['aws_region: Ireland\n', 'aws_region'],
  };
  test.for(Object.entries(files))('%s', async ([, [content, path]]) => {
    const { writeFolder, find } = await user();
    await writeFolder(content);
    await expect(find()).rejects.toMatchObject({ code: 'settings_invalid', place: { path } });
  });

  test('a state backend, without showing its secrets', async () => {
    const { writeFolder, find } = await user();
    await writeFolder('state_backend: { type: pg, conn_str: "postgres://u:hush@h", schema_name: null }\n');
    const error = await find().catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'settings_invalid', place: { path: 'state_backend' } });
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('hush');
  });

  test('a flag, under its name', async () => {
    const { find } = await user();
    await expect(find({}, { lockTimeout: NaN })).rejects.toMatchObject({ place: { path: '--lock-timeout' } });
  });

  test('a variable, under its name', async () => {
    await expect((await user()).find({ MAYFLY_MAX_LIFETIME: 'long' })).rejects.toMatchObject({ place: { path: 'MAYFLY_MAX_LIFETIME' } });
  });
});

test('server and token_file are taken from the user alone: a flag, a variable, the own file', async () => {
  const { writeOwn, find } = await user();
  await writeOwn('server: https://own.example\ntoken_file: /own/token\n');
  expect(await find()).toMatchObject({ server: 'https://own.example', tokenFile: '/own/token' });
  expect(await find({ MAYFLY_SERVER: 'https://var.example', MAYFLY_TOKEN_FILE: '1' })).toMatchObject({
    server: 'https://var.example',
    tokenFile: '1',
  });
  expect(await find({ MAYFLY_SERVER: 'https://var.example' }, { server: 'https://flag.example' })).toMatchObject({
    server: 'https://flag.example',
  });
  expect(await find({}, { server: 'local' })).toMatchObject({ server: null });
});

test.for(['server: https://evil.example\n', 'token_file: /etc/token\n'])("a project's file may not set %s", async (content) => {
  const { writeProject, find } = await user();
  await writeProject(content);
  await expect(find()).rejects.toMatchObject({
    code: 'settings_invalid',
    message: "is not taken from a project's file: a repository of somebody else would get your token",
  });
});

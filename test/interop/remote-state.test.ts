import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { api, dockerAvailable, images, must } from '../support/docker.js';
import { until } from '../support/poll.js';
import { afterTest, tempDir, uniqueName } from '../support/temp-dir.js';
import { motoAvailable, startMoto } from '../support/moto/index.js';
import { interopAvailable } from '../support/terraform.js';
import { container, inspectOf, jsonLines, leftOf, noChanges, planOf, small, type Worker } from '../docker/support.js';
import { interopWorker } from './support.js';
import { startStateServer } from './state-server.js';

const available = dockerAvailable() && (await interopAvailable());
const two = { ...small, containers: [container('build')] };
const password = 'p4ss/with%signs';

/** Puts the settings where every command of that machine finds them. */
async function configure(one: Worker, stateBackend: Record<string, unknown>): Promise<void> {
  const directory = join(one.machine.home, '.config/mayfly');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'mayfly.config.yaml'), JSON.stringify({ applier: 'terraform', state_backend: stateBackend }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A PostgreSQL of its own. @returns where it is, and a query's rows */
async function startPostgres() {
  const name = uniqueName('pg');
  const port = await freePort();
  const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=${name}`, {
    Image: images.postgres,
    Env: [`POSTGRES_PASSWORD=${password}`],
    // It listens on the loopback alone.
    Cmd: ['postgres', '-c', `port=${port}`],
    HostConfig: { NetworkMode: 'host' },
  });
  afterTest(() => api('DELETE', `/containers/${Id}?force=1&v=1`));
  await must('POST', `/containers/${Id}/start`);
  const exec = async (...command: string[]) => (await promisify(execFile)('docker', ['exec', Id, ...command])).stdout;
  const query = (sql: string) => exec('psql', '-U', 'postgres', '-h', 'localhost', '-p', String(port), '-Atc', sql);
  await until('PostgreSQL answers', () => query('select 1').then(Boolean, () => false), { withinMs: 30_000 });
  return { url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres?sslmode=disable`, query };
}

/** A bucket of its own. @returns where it is, and what is in it */
async function startBucket() {
  const moto = await startMoto();
  afterTest(() => moto.close());
  const bucket = `${moto.url}/states`;
  // Nobody looks at the signature; without one an object is private.
  const authorization = 'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
  const call = (url: string, method = 'GET') => fetch(url, { method, headers: { authorization } });
  expect((await call(bucket, 'PUT')).status).toBe(200);
  const keys = async () => [...(await (await call(bucket)).text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key);
  const read = async (key: string) => (await (await call(`${bucket}/${key}`)).json()) as { resources: unknown[]; outputs: object };
  return { url: moto.url, keys, read };
}

describe.skipIf(!available)('a state kept elsewhere', () => {
  test('http: applied, changed by another machine, mended when it is lost, emptied by destroy; no secret is said', async () => {
    const server = await startStateServer({ username: 'ci', password });
    const one = await interopWorker(two);
    const settings = {
      type: 'http',
      address: `${server.url}/states`,
      lock_address: `${server.url}/states`,
      unlock_address: `${server.url}/states`,
      ...server.credentials,
    };
    await configure(one, settings);
    const path = `/states/docker/${one.name}`;
    const said: string[] = [];
    const run = async (...args: string[]) => {
      const result = await one.cli(args);
      said.push(result.stdout, result.stderr);
      return result;
    };
    await run('plan', 'SPEC');
    expect([...server.states.keys()]).toEqual([]);
    expect((await run('apply', 'SPEC', '--auto-approve')).code, said.join('')).toBe(0);
    expect([...server.states.keys()]).toEqual([path]);
    expect(server.locks.size).toBe(0);
    expect(await planOf(one)).toEqual(noChanges);
    expect((await run('output', 'NAME', '--json')).stdout).toContain('remote_key');

    const other = await interopWorker(two);
    await configure(other, settings);
    expect(await planOf(one, { machine: other.machine })).toEqual(noChanges);

    server.states.clear();
    expect((await planOf(one)).drift.length).toBe(2);
    expect((await run('apply', 'SPEC', '--auto-approve')).code, said.join('')).toBe(0);
    expect(await planOf(one)).toEqual(noChanges);
    await one.edit({ memory: 48 });
    expect((await run('apply', 'SPEC', '--auto-approve')).code, said.join('')).toBe(0);
    expect((await inspectOf(one.name, 'engine')).HostConfig.Memory).toBe(48 * 2 ** 20);

    expect((await run('destroy', 'NAME', '--auto-approve')).code).toBe(0);
    expect(await leftOf(one.name)).toEqual([]);
    expect(JSON.parse(server.states.get(path)!)).toMatchObject({ resources: [], outputs: {} });
    for (const text of said) expect(text).not.toContain(password);
  });

  test('the server turns us away: said with what to do, without the secret', async () => {
    const server = await startStateServer({ username: 'ci', password });
    const one = await interopWorker(small);
    await configure(one, { type: 'http', address: server.url, username: 'ci', password: 'wrong-secret' });
    const { code, stdout, stderr } = await one.cli(['plan', 'SPEC', '--json']);
    expect(code).toBe(1);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ diagnostic: { code: 'applier_failed', summary: expect.stringMatching(/auth/i) } });
    expect(stdout + stderr).not.toContain('wrong-secret');
  });

  test('the embedded applier refuses plainly', async () => {
    const one = await interopWorker(small);
    await configure(one, { type: 'http', address: 'http://127.0.0.1:1', password });
    const { code, stderr } = await one.cli(['plan', 'SPEC', '--applier', 'embedded']);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/state_backend.*\n.*--applier terraform/) });
    expect(stderr).not.toContain(password);
  });

  test('PostgreSQL: one schema a worker, no secret in files that are printed or kept open, emptied by destroy', async () => {
    const { url, query } = await startPostgres();
    const one = await interopWorker(two);
    await configure(one, { type: 'pg', conn_str: url });
    await one.must(['apply', 'SPEC', '--auto-approve']);
    const schema = `mayfly_docker_${one.name.replaceAll('-', '_')}`;
    expect((await query('select schema_name from information_schema.schemata')).split('\n')).toContain(schema);
    const resources = () => query(`select jsonb_array_length(data::jsonb->'resources') from ${schema}.states`);
    expect(Number(await resources())).toBe(2);
    expect(await planOf(one)).toEqual(noChanges);
    for (const file of ['cdk.tf.json', 'terraform.tfstate']) expect(await readFile(join(one.directory, file), 'utf8')).not.toContain(url);
    expect(await readdir(one.directory)).not.toContain('backend.tfbackend.json');
    expect((await one.must(['synth', 'SPEC'])).stdout).not.toContain('postgres://');
    const saved = join(await tempDir(), 'plan.json');
    await one.must(['plan', 'SPEC', '--out', saved]);
    expect(await readFile(saved, 'utf8')).not.toContain('postgres://');
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(Number(await resources())).toBe(0);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test.skipIf(!motoAvailable())('S3: found by a mapping of the settings, one object a worker, emptied by destroy', async () => {
    const { url, keys, read } = await startBucket();
    const one = await interopWorker(two);
    const secrets = { access_key: 'AKIAHUSHHUSH', secret_key: 'hush/hush+hush' };
    const place = { bucket: 'states', key: 'ci', region: 'us-east-1', endpoints: { s3: url }, use_path_style: true, use_lockfile: true };
    const emulated = { skip_credentials_validation: true, skip_requesting_account_id: true, skip_metadata_api_check: true };
    await configure(one, { type: 's3', ...place, ...emulated, ...secrets });
    const key = `ci/docker/${one.name}.tfstate`;
    await one.must(['apply', 'SPEC', '--auto-approve']);
    // The lock is gone again.
    expect(await keys()).toEqual([key]);
    expect((await read(key)).resources.length).toBe(2);
    expect(await planOf(one)).toEqual(noChanges);
    for (const file of ['cdk.tf.json', 'terraform.tfstate']) {
      const text = await readFile(join(one.directory, file), 'utf8');
      for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
    }
    // Whoever gives the applier to apply alone is told whose job the rest is.
    const { stderr } = await one.must(['destroy', 'NAME', '--auto-approve'], { env: { MAYFLY_APPLIER: 'embedded' } });
    const command = `mayfly destroy ${one.name} --backend docker --applier terraform`;
    expect(stderr).toContain(command);
    expect((await read(key)).resources.length).toBe(2);
    await one.must([...command.split(' ').slice(1), '--auto-approve']);
    expect(await read(key)).toMatchObject({ resources: [], outputs: {} });
    expect(await leftOf(one.name)).toEqual([]);

    // A state that can't be read is not taken for an empty one.
    await configure(one, { type: 's3', ...place, ...emulated, ...secrets, bucket: 'none' });
    const failed = await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(failed.stderr).toMatch(/its remote state could not be emptied: `terraform (init|state pull)` failed/);
    for (const secret of Object.values(secrets)) expect(failed.stderr).not.toContain(secret);
  });
});

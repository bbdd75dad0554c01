import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ResultsDirectory } from '../../src/dispatch/results/directory.js';
import { filesIn } from '../../src/dispatch/results/manifest.js';
import { type Credentials, signedHeaders } from '../../src/dispatch/results/signed-headers.js';
import { bucketPublisher, urlOf } from '../../src/dispatch/results/to-bucket.js';
import { defaultDispatchSettings } from '../../src/dispatch/settings.js';
import { motoAvailable, region, startMoto } from '../support/moto/index.js';
import { afterTest, tempDir } from '../support/temp-dir.js';

const run = '00000000-0000-4000-8000-000000000001';
const clock = { now: () => Date.now() };
/** SHA-256 of nothing. */
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** An emulator that checks signatures, with a bucket and the key of a user who may use it. */
async function bucket(): Promise<{ endpoint: string; credentials: Credentials }> {
  const moto = await startMoto({ open: 4 });
  afterTest(() => moto.close());
  const iam = new IAMClient({ endpoint: moto.url, region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
  await iam.send(new CreateUserCommand({ UserName: 'service' }));
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] };
  await iam.send(new PutUserPolicyCommand({ UserName: 'service', PolicyName: 'bucket', PolicyDocument: JSON.stringify(policy) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'service' }));
  iam.destroy();
  const made = await fetch(`${moto.url}/results`, {
    method: 'PUT',
    body: `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`,
  });
  expect(made.status).toBe(200);
  return { endpoint: moto.url, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } };
}

async function publication() {
  const directory = new ResultsDirectory(join(await tempDir('results'), 'results'), defaultDispatchSettings.results);
  const part = await directory.begin(run);
  await mkdir(join(part, 'artifacts'));
  await writeFile(join(part, 'output.log'), 'hello\n');
  await writeFile(join(part, "artifacts/it's (1) ä+b.bin"), Buffer.alloc(3 * 2 ** 20, 'x'));
  const output = { bytes: 6, cut: false };
  await directory.finish(run, { run, attempt: 1, exit_code: 0, output, files: await filesIn(part), missing: [] });
  return { run, source: directory.pathOf(run), manifest: (await directory.manifest(run))!, signal: new AbortController().signal };
}

test.skipIf(!motoAvailable())('results are put into a bucket whose service checks each signature', async () => {
  const { endpoint, credentials } = await bucket();
  const settings = { endpoint, name: 'results', region, prefix: 'ci' };
  const get = async (path: string) => {
    const url = urlOf(endpoint, ['results', 'ci', run, path]);
    const signed = await signedHeaders({
      ...{ method: 'GET', url, region, credentials, now: Date.now() },
      headers: { 'x-amz-content-sha256': empty },
    });
    const { host: _, ...headers } = signed;
    return fetch(url, { headers });
  };
  const results = await publication();
  const wrong = bucketPublisher(settings, { ...credentials, secretAccessKey: 'another' }, clock);
  await expect(wrong.publish(results)).rejects.toMatchObject({
    message: expect.stringMatching(/answered 403: SignatureDoesNotMatch/) as string,
  });
  const publisher = bucketPublisher(settings, credentials, clock);
  // A repeated try replaces each object by the same one.
  for (const _try of [1, 2]) expect(await publisher.publish(results)).toBe(`s3://results/ci/${run}`);
  expect(await (await get('output.log')).text()).toBe('hello\n');
  expect((await (await get("artifacts/it's (1) ä+b.bin")).arrayBuffer()).byteLength).toBe(3 * 2 ** 20);
  expect(await (await get('manifest.json')).json()).toEqual(results.manifest);
});

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ResultsDirectory } from '../../../src/dispatch/results/directory.js';
import { filesIn } from '../../../src/dispatch/results/manifest.js';
import { bucketPublisher } from '../../../src/dispatch/results/to-bucket.js';
import { directoryPublisher } from '../../../src/dispatch/results/to-directory.js';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { describeTree } from '../../support/tree.js';

const run = '00000000-0000-4000-8000-000000000001';
const { signal } = new AbortController();

/** Complete results of a run, for a publisher. */
async function results(files: Record<string, string> = { 'output.log': 'hello\n', 'artifacts/out/a b.txt': 'abc' }) {
  const directory = new ResultsDirectory(join(await tempDir('results'), 'results'), defaultDispatchSettings.results);
  const part = await directory.begin(run);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(part, path, '..'), { recursive: true });
    await writeFile(join(part, path), content);
  }
  const output = { bytes: 6, cut: false };
  await directory.finish(run, { run, attempt: 1, exit_code: 0, output, files: await filesIn(part), missing: [] });
  return { run, source: directory.pathOf(run), manifest: (await directory.manifest(run))!, signal };
}

interface Put {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A service that records what is put. `answer`: for each request; default: 200 after its body. */
async function bucketService(answer?: (response: ServerResponse, count: number) => boolean) {
  const puts: Put[] = [];
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    if (answer?.(response, count)) return;
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      puts.push({ path: request.url!, headers: request.headers, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bucket = { endpoint, name: 'bucket', region: 'eu-west-1', prefix: 'runs/ci' };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  return { puts, publisher: bucketPublisher(bucket, credentials, { now: () => Date.parse('2026-01-01T00:00:00Z') }) };
}

test('a file is put with its length and its SHA-256, and the manifest as the last one', async () => {
  const { puts, publisher } = await bucketService();
  const publication = await results();
  expect(await publisher.publish(publication)).toBe(`s3://bucket/runs/ci/${run}`);
  expect(puts.map(({ path, body }) => [path, path.endsWith('.json') ? 'the manifest' : body])).toEqual([
    [`/bucket/runs/ci/${run}/artifacts/out/a%20b.txt`, 'abc'],
    [`/bucket/runs/ci/${run}/output.log`, 'hello\n'],
    [`/bucket/runs/ci/${run}/manifest.json`, 'the manifest'],
  ]);
  expect(JSON.parse(puts[2]!.body)).toEqual(publication.manifest);
  for (const { headers, body } of puts) {
    expect(headers).toMatchObject({
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
      'x-amz-date': '20260101T000000Z',
      authorization: expect.stringContaining('SignedHeaders=content-length;host;x-amz-content-sha256;x-amz-date,') as string,
    });
    expect(headers['transfer-encoding']).toBeUndefined();
  }
});

test('a refusal names the object and the reason of the service, also before the file is sent', async () => {
  const { publisher } = await bucketService((response, count) => {
    if (count === 1) return false;
    response.statusCode = 403;
    response.end('<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
    return true;
  });
  await expect(publisher.publish(await results({ 'output.log': 'x', 'p.bin': 'y'.repeat(2 ** 22) }))).rejects.toMatchObject({
    code: 'copy_failed',
    place: { path: `bucket/runs/ci/${run}/p.bin` },
    message: "cannot be published: the bucket's service answered 403: AccessDenied: Access Denied",
  });
});

test('a connection that breaks is the cause', async () => {
  const { publisher } = await bucketService((response) => {
    response.socket!.destroy();
    return true;
  });
  await expect(publisher.publish(await results())).rejects.toMatchObject({
    message: expect.stringMatching(/^cannot be published: /) as string,
  });
});

test('a directory gets the files of a run all at once, also after a try that was killed', async () => {
  const publication = await results();
  const root = await tempDir('published');
  await mkdir(join(root, `${run}.part`, 'left'), { recursive: true });
  const publisher = directoryPublisher(root);
  expect(await publisher.publish(publication)).toBe(join(root, run));
  expect([await readdir(root), await describeTree(join(root, run))]).toEqual([[run], await describeTree(publication.source)]);
  expect(await readFile(join(root, run, 'artifacts/out/a b.txt'), 'utf8')).toBe('abc');
  await writeFile(join(root, run, 'output.log'), 'kept');
  expect(await publisher.publish(publication)).toBe(join(root, run));
  expect(await readFile(join(root, run, 'output.log'), 'utf8')).toBe('kept');
});

test('a directory that cannot be written is an error with a remedy, and keeps no part', async () => {
  const root = join(await tempDir('published'), 'file');
  await writeFile(root, '');
  await expect(directoryPublisher(root).publish(await results())).rejects.toMatchObject({
    code: 'copy_failed',
    place: { file: join(root, run) },
    remedy: 'correct it, or set `serve.results.publish.directory` to another place; then accept the results again',
  });
});

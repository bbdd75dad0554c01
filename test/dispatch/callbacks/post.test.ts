import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { poster, type Resolve } from '../../../src/dispatch/callbacks/post.js';
import { tempDir } from '../../support/temp-dir.js';

const paths: string[] = [];
/** A receiver on loopback, which the tests allow where they reach it. */
const server = http.createServer((request, response) => {
  paths.push(`${request.method} ${request.headers.host?.replace(/:\d+$/, '')} ${request.url}`);
  if (request.url === '/moved') response.writeHead(307, { location: '/other' }).end();
  else if (request.url === '/endless') flood(response.writeHead(200));
  else if (request.url === '/headers') response.writeHead(200, { 'x-long': 'a'.repeat(20_000) }).end();
  else if (request.url === '/later') response.writeHead(503, { 'retry-after': '7' }).end();
  else if (request.url !== '/silent') request.pipe(response.writeHead(202));
});
let port: number;
beforeAll(async () => {
  port = await listen(server);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function flood(response: http.ServerResponse): void {
  while (!response.destroyed && response.write('a'.repeat(65_536)));
  response.once('drain', () => flood(response));
}

function listen(listening: net.Server): Promise<number> {
  return new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port)));
}

const nowhere: Resolve = () => Promise.reject(new Error('no name is looked up'));
const loopback = { networks: ['127.0.0.0/8'], http: true };

function post(
  url: string,
  {
    resolve = nowhere,
    signal = new AbortController().signal,
    ...reach
  }: Partial<Parameters<typeof poster>[0]> & { signal?: AbortSignal } = {},
) {
  const send = poster({ networks: [], http: true, resolve, ...reach });
  return send({ url, headers: { 'content-type': 'application/json' }, body: '{"a":"ü"}', signal });
}

test('a request is posted to an allowed address', async () => {
  expect(await post(`http://127.0.0.1:${port}/hook?a=b`, loopback)).toEqual({ status: 202, retryAfter: undefined });
  expect(paths.at(-1)).toBe('POST 127.0.0.1 /hook?a=b');
});

test.each<[string, string, Record<string, string[]>, string]>([
  ['a literal', 'http://127.0.0.1', {}, '127.0.0.1 has an address that is not public'],
  ['a mapped literal', 'http://[::ffff:127.0.0.1]', {}, '::ffff:7f00:1 has an address that is not public'],
  ['a name', 'http://inside.test', { 'inside.test': ['127.0.0.1'] }, 'inside.test has an address that is not public'],
  [
    'a name with a public address, too',
    'http://both.test',
    { 'both.test': ['93.184.215.14', '127.0.0.1'] },
    'both.test has an address that is not public',
  ],
  ['a name with a mapped address', 'http://six.test', { 'six.test': ['::ffff:127.0.0.1'] }, 'six.test has an address that is not public'],
  ['a name without an address', 'http://none.test', { 'none.test': [] }, 'none.test has no address'],
  ['the metadata of a cloud', 'http://meta.test', { 'meta.test': ['169.254.169.254'] }, 'meta.test has an address that is not public'],
])('%s of loopback is not connected to', async (_, url, names, message) => {
  const before = paths.length;
  await expect(post(`${url}:${port}/`, { resolve: (name) => Promise.resolve(names[name]!) })).rejects.toThrow(message);
  expect(paths).toHaveLength(before);
});

test('a name is resolved once: the checked address is connected to, whatever its next answer is', async () => {
  const answers = [['127.0.0.2'], ['127.0.0.1']];
  const asked: string[] = [];
  const resolve: Resolve = (name) => {
    asked.push(name);
    return Promise.resolve(answers.shift()!);
  };
  // The receiver listens on the second answer only.
  await expect(post(`http://rebound.test:${port}/`, { networks: ['127.0.0.2/32'], resolve })).rejects.toThrow(
    `connect ECONNREFUSED 127.0.0.2:${port}`,
  );
  expect(asked).toEqual(['rebound.test']);
});

test('the name is in the request, and the second address is tried where the first one refuses', async () => {
  const resolve: Resolve = () => Promise.resolve(['127.0.0.2', '127.0.0.1']);
  expect(await post(`http://hook.test:${port}/named`, { ...loopback, resolve })).toMatchObject({ status: 202 });
  expect(paths.at(-1)).toBe('POST hook.test /named');
});

test('a redirect is not followed', async () => {
  expect(await post(`http://127.0.0.1:${port}/moved`, loopback)).toEqual({ status: 307, retryAfter: undefined });
  expect(paths.at(-1)).toBe('POST 127.0.0.1 /moved');
});

test('an endless answer is not read, and its connection is closed', async () => {
  const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
  expect(await post(`http://127.0.0.1:${port}/endless`, loopback)).toEqual({ status: 200, retryAfter: undefined });
  await closed;
});

test('long headers are refused', async () => {
  await expect(post(`http://127.0.0.1:${port}/headers`, loopback)).rejects.toThrow('Header overflow');
});

test('the pause that a receiver asks for is returned', async () => {
  expect(await post(`http://127.0.0.1:${port}/later`, loopback)).toEqual({ status: 503, retryAfter: '7' });
});

test('the signal ends a request without an answer', async () => {
  const stop = new AbortController();
  const closed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)));
  server.once('request', () => stop.abort());
  await expect(post(`http://127.0.0.1:${port}/silent`, { ...loopback, signal: stop.signal })).rejects.toThrow('aborted');
  await closed;
});

test('http is refused where the settings do not allow it any more', async () => {
  await expect(post(`http://127.0.0.1:${port}/`, { ...loopback, http: false })).rejects.toThrow('http is not allowed');
});

test('a certificate that nobody has signed is refused, and the name of the URL is asked for', async () => {
  const directory = await tempDir('tls');
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=hook.test'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const names: string[] = [];
  let requests = 0;
  const secure = https.createServer(
    {
      key: readFileSync(key),
      cert: readFileSync(cert),
      SNICallback: (name, answer) => {
        names.push(name);
        answer(null);
      },
    },
    () => (requests += 1),
  );
  onTestFinished(() => void secure.close());
  const at = await listen(secure);
  await expect(post(`https://hook.test:${at}/`, { ...loopback, resolve: () => Promise.resolve(['127.0.0.1']) })).rejects.toThrow(
    'self-signed certificate',
  );
  expect([names, requests]).toEqual([['hook.test'], 0]);
});

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Cancel } from '../../../src/backends/ports/sessions.js';
import { execInRun, type RemoteExec } from '../../../src/client/exec/exec.js';
import { afterTest } from '../../support/temp-dir.js';
import { served, type Served } from './served.js';

const never = new AbortController().signal;
const patient: Cancel = { stop: never, kill: never, grace: 10_000, signal: () => 'TERM' };

/** Runs a command by mayfly's client. */
function run(
  { connection, id }: Served,
  command: string,
  more: { stdin?: Readable; cancel?: Cancel; container?: string } & Partial<RemoteExec> = {},
) {
  const { stdin = null, cancel = patient, container = 'engine', ...rest } = more;
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const ended = execInRun(connection, id, { command: command.split(' '), container, streams: { stdin, stdout, stderr }, cancel, ...rest });
  const over = () => (stdout.end(), stderr.end());
  ended.then(over, over);
  return { ended, stdout, stderr };
}

/** A client as Kubernetes' own: messages that came, by channel, and the code of the close. */
async function open({ connection: { server, token }, id }: Served, query: string, { protocol = 'v5.channel.k8s.io', by = token } = {}) {
  const socket = new WebSocket(`${server.href.replace('http', 'ws')}v1/runs/${id}/exec${query}`, protocol, {
    headers: { authorization: `Bearer ${by}` },
  });
  afterTest(() => socket.terminate());
  const came: string[] = [];
  socket.on('message', (data: Buffer) => came.push(`${data[0]} ${data.toString('utf8', 1)}`));
  const closed = once(socket, 'close') as Promise<[number]>;
  const refused = once(socket, 'unexpected-response').then(async ([, answer]) => {
    const { error } = JSON.parse(await text(answer as Readable)) as { error: { code: string; message: string } };
    return `${(answer as { statusCode: number }).statusCode} ${error.code}: ${error.message}`;
  });
  socket.on('error', () => {});
  const opened = once(socket, 'open').then(() => null);
  opened.catch(() => {});
  refused.catch(() => {});
  closed.catch(() => {});
  return { socket, came, closed, refusal: await Promise.race([opened, refused]) };
}

test('output, error output and the exact exit code come back', async () => {
  const one = await served({ 'make it': ({ out, err }) => (out('made\n'), err('warned\n'), 42) });
  const { ended, stdout, stderr } = run(one, 'make it');
  expect([await text(stdout), await text(stderr), await ended]).toEqual(['made\n', 'warned\n', { code: 42, why: null }]);
});

test('a client of Kubernetes: the command in the query, channels, the status', async () => {
  const shout = async ({ stdin, out, env }: Parameters<NonNullable<Parameters<typeof served>[0]>[string]>[0]) => {
    out(`${env['WORD']} ${(await text(stdin!)).toUpperCase()}`);
    return 3;
  };
  const one = await served({ 'sh -c x': shout });
  const { socket, came, closed } = await open(one, '?command=sh&command=-c&command=x&stdin=true&stdout=true&env=WORD=a%3Db');
  socket.send(Buffer.from('\0hel'));
  socket.send(Buffer.from('\0lo'));
  socket.send(Buffer.from([255, 0]));
  expect((await closed)[0]).toBe(1000);
  expect(came).toEqual([
    '1 a=b HELLO',
    '3 {"metadata":{},"status":"Failure","reason":"NonZeroExitCode","message":"command terminated with exit code 3","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}',
  ]);
});

test('success has the status that Kubernetes sends', async () => {
  const one = await served();
  const { came, closed } = await open(one, '?command=exit&command=0');
  await closed;
  expect(came).toEqual(['3 {"metadata":{},"status":"Success"}']);
});

test('an error before the upgrade is an answer of HTTP', async () => {
  const one = await served();
  const refusal = async (query: string, more = {}) => (await open(one, query, more)).refusal;
  expect(await refusal('', { by: 'mfy_no' })).toBe('401 token_invalid: the request has no valid token');
  expect(await refusal('', { by: await one.tokenOf('team', 'read') })).toBe('403 scope_missing: the token does not have the scope submit');
  expect(await refusal('', { by: await one.tokenOf('other', 'submit') })).toBe('404 run_unknown: there is no run with this id');
  expect(await refusal('', { protocol: 'v4.channel.k8s.io' })).toBe('400 usage: does not offer v5.channel.k8s.io');
  expect(await refusal('?command=x&working_dir=here')).toBe('400 usage: must be an absolute path in the container');
  await one.ask(`/v1/runs/${one.id}/cancel`, { body: {} });
  await one.until(one.id, 'cancelled');
  expect(await refusal('?command=x')).toBe('410 worker_ended: the run is cancelled: its worker has ended');
});

test('an error after the upgrade has its code, place and remedy', async () => {
  const one = await served();
  const { ended } = run(one, 'x', { container: 'none' });
  await expect(ended).rejects.toMatchObject({
    code: 'container_unknown',
    place: { path: 'one' },
    problems: [expect.objectContaining({ remedy: expect.any(String) as string })],
  });
});

test('input of 64 MB comes back intact, and neither side holds much of it', async () => {
  let taken = 0;
  const one = await served({
    async cat({ stdin }) {
      for await (const chunk of stdin as AsyncIterable<Buffer>) taken += chunk.length;
      return 0;
    },
  });
  const block = randomBytes(262_144);
  const { ended } = run(one, 'cat', {
    stdin: Readable.from(
      (function* () {
        for (let n = 0; n < 256; n += 1) yield block;
      })(),
    ),
  });
  expect([await ended, taken]).toEqual([{ code: 0, why: null }, 67_108_864]);
});

test('a command that does not read holds its client back, and input does not delay its end', async () => {
  let end = () => {};
  const one = await served({ hold: () => new Promise((resolve) => (end = () => resolve(5))) });
  let sent = 0;
  const block = Buffer.alloc(65_536);
  const endless = Readable.from(
    (function* () {
      for (;;) {
        sent += block.length;
        yield block;
      }
    })(),
    { highWaterMark: 1 },
  );
  const { ended } = run(one, 'hold', { stdin: endless });
  let last = -1;
  while (last !== sent || sent === 0) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(sent).toBeLessThan(16_777_216);
  end();
  expect(await ended).toEqual({ code: 5, why: null });
  endless.destroy();
});

test('a cancel ends the command, and the client gets its own reason', async () => {
  const one = await served({ 'go on': () => null });
  const [stop, reason] = [new AbortController(), new Error('Ctrl-C')];
  const { ended } = run(one, 'go on', { cancel: { ...patient, stop: stop.signal, signal: () => 'INT' } });
  stop.abort(reason);
  await expect(ended).rejects.toBe(reason);
});

test('a worker that ends under the command: the code and the cause of its end', async () => {
  const one = await served({ 'go on': () => null });
  const { ended } = run(one, 'go on');
  let ran: unknown;
  void ended.then((result) => (ran = result));
  for (let left = 400; left > 0 && ran === undefined; left -= 1) await one.clock.advance(1000);
  expect(ran).toEqual({ code: 124, why: 'expired after 5 min' });
});

test('a client that does not follow the protocol is closed, and its command is ended', async () => {
  const one = await served({ 'go on': () => null });
  const { socket, came, closed } = await open(one, '?command=go&command=on');
  socket.send('{"cancel": "STOP"}');
  expect([(await closed)[0], came]).toEqual([1003, []]);
});

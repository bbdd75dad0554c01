import { type Attack, cmd, list, row, type Scene } from './attack-row.js';
import { rawRequest } from './raw-client.js';

/** What a body may not say. */
export function bodies({ own, app, madeExec }: Scene): Attack[] {
  const create = (name: string, body: unknown, why: RegExp, container = own, lookups?: string[]) =>
    row(`exec with ${name}`, `POST /v1.41/containers/${container}/exec`, why, { body, ...(lookups && { lookups }) });
  const value = /has a value that is not allowed/;
  const unknown = /unknown field/;
  const user = /User must be left out/;
  const lookUpUser = (id: string) => [list, `GET /v1.41/containers/${id}/json`];
  return [
    create('Privileged', { ...cmd, Privileged: true }, value),
    create('Privileged as text', { ...cmd, Privileged: 'true' }, value),
    create('Privileged as a number', { ...cmd, Privileged: 1 }, value),
    create('privileged in small letters', { ...cmd, privileged: true }, unknown),
    create('PRIVILEGED in capitals', { ...cmd, PRIVILEGED: true }, unknown),
    create('an s that folds to one', '{"Cmd":["id"],"U\\u017fer":"root"}', unknown),
    create('Privileged twice', '{"Cmd":["id"],"Privileged":false,"Privileged":true}', /repeats a key/),
    create('Privileged twice, once escaped', '{"Cmd":["id"],"Privileged":true,"\\u0050rivileged":false}', /repeats a key/),
    create('Cmd twice', '{"Cmd":["id"],"Cmd":["sh"]}', /repeats a key/),
    create('another user than the own', { ...cmd, User: 'root' }, user, app, lookUpUser(app)),
    create('user 0 in a container of another', { ...cmd, User: '0:0' }, user, app, lookUpUser(app)),
    create('another group', { ...cmd, User: '1000:0' }, user, app, lookUpUser(app)),
    create('a user where none is set', { ...cmd, User: 'root' }, user, own, lookUpUser(own)),
    create('user in small letters', { ...cmd, user: 'root' }, unknown),
    create('capabilities', { ...cmd, CapAdd: ['ALL'] }, unknown),
    create('a HostConfig', { ...cmd, HostConfig: { Privileged: true } }, unknown),
    create('__proto__', '{"Cmd":["id"],"__proto__":{"Privileged":true}}', unknown),
    create('a NUL in a key', '{"Cmd":["id"],"Privileged\\u0000":true}', unknown),
    create('no command', { Tty: true }, value),
    create('an empty command', { Cmd: [] }, value),
    create('a command as text', { Cmd: 'id' }, value),
    create('a NUL in the command', { Cmd: ['id\0'] }, value),
    create('an environment as an object', { ...cmd, Env: { A: 'b' } }, value),
    create('a NUL in the environment', { ...cmd, Env: ['A=b\0C=d'] }, value),
    create('a directory below /proc', { ...cmd, WorkingDir: '/proc/self/fd/8' }, value),
    create('a directory below //proc', { ...cmd, WorkingDir: '//proc/self/fd/8' }, value),
    create('a directory with a step back', { ...cmd, WorkingDir: '/work/../proc/self/fd/8' }, value),
    create('a relative directory', { ...cmd, WorkingDir: 'work' }, value),
    create('a list for a body', [cmd], value),
    create('null for a body', 'null', value),
    create('no body', '', /not JSON/),
    create('two bodies', '{"Cmd":["id"]}{"Cmd":["id"],"Privileged":true}', /not JSON/),
    create('a comment', '{"Cmd":["id"]/*"Privileged":true*/}', /not JSON/),
    create('a byte order mark', '\xef\xbb\xbf{"Cmd":["id"]}', /not JSON/),
    create('bytes that are not UTF-8', '{"Cmd":["\xff"]}', /not JSON/),
    create('a nest without end', `{"Cmd":${'['.repeat(200_000)}`, /not JSON/),
    row('start with an unknown field', `POST /exec/${madeExec}/start`, unknown, { body: { Detach: false, Privileged: true } }),
    row('start with a key in small letters', `POST /exec/${madeExec}/start`, unknown, { body: { detach: true } }),
    row('start with a key twice', `POST /exec/${madeExec}/start`, /repeats a key/, { body: '{"Tty":true,"Tty":false}' }),
    row('start without a body', `POST /exec/${madeExec}/start`, /not JSON/, { body: '' }),
  ];
}

/** What two readers of HTTP could take for two things. */
export function framing({ own, stranger }: Scene): Attack[] {
  const create = `POST /v1.41/containers/${own}/exec`;
  const inner = rawRequest(`POST /v1.41/containers/${stranger}/kill`, { body: '' });
  const smuggled = `0\r\n\r\n${inner}`;
  const length = (value: string) => ({ headers: { 'Content-Length': value }, body: cmd });
  const bytes = (name: string, text: string, why: RegExp): Attack => ({ name, bytes: text, why });
  return [
    row('a chunked body', create, /Transfer-Encoding/, { headers: { 'Transfer-Encoding': 'chunked' }, body: smuggled }),
    row('a body of two framings', create, /Transfer-Encoding/, {
      headers: { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' },
      body: smuggled,
    }),
    row('an obscured chunked', create, /Transfer-Encoding/, { headers: { 'transfer-encoding': 'xchunked, identity' }, body: smuggled }),
    row('a lengthy length', create, /longer than/, length('1048577')),
    row('a length beyond numbers', create, /not a number/, length('99999999999999999999')),
    row('a negative length', create, /not a number/, length('-1')),
    row('a signed length', create, /not a number/, length('+14')),
    row('a hexadecimal length', create, /not a number/, length('0xe')),
    row('a list of lengths', create, /not a number/, length('14, 14')),
    bytes('two lengths', rawRequest(create, { headers: { 'content-length': '0' }, body: cmd }), /repeated/),
    bytes('two hosts', 'GET /_ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', /repeated/),
    bytes('a folded header', 'GET /_ping HTTP/1.1\r\nX: a\r\n b\r\n\r\n', /malformed/),
    bytes('a space before the colon', 'GET /_ping HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n', /malformed/),
    bytes('a header without a name', 'GET /_ping HTTP/1.1\r\n: x\r\n\r\n', /malformed/),
    bytes('a bare line feed', 'GET /_ping HTTP/1.1\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n', /malformed/),
    bytes('a bare carriage return', 'GET /_ping HTTP/1.1\r\nX: a\rY: b\r\n\r\n', /malformed/),
    bytes('a NUL in a header', 'GET /_ping HTTP/1.1\r\nX: a\0b\r\n\r\n', /malformed/),
    bytes('an empty line at first', '\r\nGET /_ping HTTP/1.1\r\n\r\n', /request line/),
    bytes('HTTP/1.0', `GET /containers/${own}/json HTTP/1.0\r\n\r\n`, /request line/),
    bytes('HTTP/0.9', `GET /containers/${own}/json\r\n\r\n`, /request line/),
    bytes('HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /request line/),
    bytes('two spaces', `GET  /containers/${own}/json HTTP/1.1\r\n\r\n`, /request line/),
    row('headers without end', 'GET /_ping', /headers are longer/, { headers: { X: 'x'.repeat(20_000) } }),
    row('Expect', create, /Expect/, { headers: { Expect: '100-continue' }, body: cmd }),
    row('ping with a body', 'GET /_ping', /no body/, { body: inner }),
    row('inspect with a body', `GET /containers/${own}/json`, /no body/, { body: inner }),
    bytes('a request behind ping', rawRequest('GET /_ping') + inner, /must wait/),
    bytes('a request behind a create', rawRequest(create, { body: cmd }) + inner, /must wait/),
    bytes('a request behind an inspect', rawRequest(`GET /containers/${own}/json`) + inner, /must wait/),
  ];
}

export function upgrades({ own, madeExec }: Scene): Attack[] {
  const to = (protocol: string) => ({ Connection: 'Upgrade', Upgrade: protocol });
  const start = `POST /v1.41/exec/${madeExec}/start`;
  const body = { Detach: false, Tty: false };
  return [
    row('ping upgraded to h2c', 'GET /_ping', /only upgrade/, { headers: { ...to('h2c'), 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' } }),
    row('inspect upgraded to tcp', `GET /containers/${own}/json`, /only the start/, { headers: to('tcp') }),
    row('create upgraded to tcp', `POST /containers/${own}/exec`, /only the start/, { headers: to('tcp'), body: cmd }),
    row('start upgraded to a websocket', start, /only upgrade/, { headers: to('websocket'), body }),
    row('start upgraded to h2c', start, /only upgrade/, { headers: to('h2c'), body }),
    row('start upgraded to two', start, /only upgrade/, { headers: to('tcp, h2c'), body }),
    row('start upgraded to nothing', start, /needs an Upgrade header/, { headers: { Connection: 'Upgrade' }, body }),
    row('start with Upgrade alone', start, /without Connection/, { headers: { Upgrade: 'tcp' }, body }),
  ];
}

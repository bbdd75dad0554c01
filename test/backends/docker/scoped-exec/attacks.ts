import { rawRequest, type RawParts } from './raw-client.js';

export interface Scene {
  /** Containers of the worker: without a user, and with one. */
  own: string;
  app: string;
  ownName: string;
  engine: string;
  engineName: string;
  /** Of nobody, and of another worker. */
  stranger: string;
  strangerName: string;
  neighbour: string;
  neighbourName: string;
  /** Made at the daemon itself. */
  strangerExec: string;
  ownExec: string;
  /** Made through the socket. */
  madeExec: string;
}

export interface Attack {
  name: string;
  bytes: string;
  why: RegExp;
  /** What the filter itself may ask of the daemon to know; nothing where it is not said. */
  lookups?: string[];
}

export const list = 'GET /v1.41/containers/json?all=true&filters=%7B%22label%22%3A%5B%22dev.mayfly.worker%3Dw%22%5D%7D';

const elsewhere = /only runs commands/;
const foreign = /is no container of this worker/;
const unmade = /not made (through this socket|in a container of this worker)/;
const cmd = { Cmd: ['id'] };

export function attacks(scene: Scene): Attack[] {
  return [...otherCalls(scene), ...foreigners(scene), ...paths(scene), ...bodies(scene), ...framing(scene), ...upgrades(scene)];
}

function row(name: string, line: string, why: RegExp, parts: RawParts & { lookups?: string[] } = {}): Attack {
  const { lookups, ...rest } = parts;
  return { name, bytes: rawRequest(line, rest), why, ...(lookups && { lookups }) };
}

/** All else that a daemon does. */
function otherCalls({ own }: Scene): Attack[] {
  const calls = [
    'GET /containers/json',
    'GET /containers/json?all=1',
    'POST /containers/create',
    'POST /containers/create?name=x',
    `POST /containers/${own}/start`,
    `POST /containers/${own}/stop`,
    `POST /containers/${own}/restart`,
    `POST /containers/${own}/kill`,
    `POST /containers/${own}/rename?name=x`,
    `POST /containers/${own}/update`,
    `POST /containers/${own}/attach?stream=1`,
    `GET /containers/${own}/attach/ws`,
    `GET /containers/${own}/logs?stdout=1`,
    `GET /containers/${own}/archive?path=/`,
    `PUT /containers/${own}/archive?path=/`,
    `GET /containers/${own}/export`,
    `GET /containers/${own}/top`,
    `GET /containers/${own}/stats`,
    `DELETE /containers/${own}?force=1`,
    'POST /containers/prune',
    `POST /commit?container=${own}`,
    'GET /images/json',
    'POST /images/create?fromImage=x',
    'POST /build',
    'POST /session',
    'GET /info',
    'GET /events',
    'GET /volumes',
    'POST /volumes/create',
    'POST /networks/create',
    'GET /system/df',
    'POST /auth',
    'GET /secrets',
    'GET /plugins',
    'POST /swarm/init',
    'GET /',
  ];
  return calls.map((line) => row(line.replace(own, '<own>'), line, elsewhere, line.startsWith('POST') ? { body: {} } : {}));
}

function foreigners(scene: Scene): Attack[] {
  const lookups = [list];
  const { own, ownName } = scene;
  const names = {
    'a stranger by id': scene.stranger,
    'a stranger by name': scene.strangerName,
    'a stranger by short id': scene.stranger.slice(0, 12),
    "another worker's container by id": scene.neighbour,
    "another worker's container by name": scene.neighbourName,
    'the engine by id': scene.engine,
    'the engine by name': scene.engineName,
    'the begin of an own name': ownName.slice(0, -1),
    'an own name and more': `${ownName}2`,
    'an own name in capitals': ownName.toUpperCase(),
    'an id shorter than a short one': own.slice(0, 11),
    'an id in capitals': own.toUpperCase().replace(/^\d+/, 'A'),
    'a name that nobody has': 'nobody',
  };
  const startBody = { Detach: false, Tty: false };
  const execs = { 'of a stranger': scene.strangerExec, 'that nobody made': 'f'.repeat(64) };
  return [
    ...Object.entries(names).flatMap(([name, reference]) => [
      row(`inspect ${name}`, `GET /v1.41/containers/${reference}/json`, foreign, { lookups }),
      row(`exec in ${name}`, `POST /v1.41/containers/${reference}/exec`, foreign, { lookups, body: cmd }),
    ]),
    ...Object.entries({ ...execs, 'of an own container made by others': scene.ownExec }).flatMap(([name, id]) => [
      row(`start an exec ${name}`, `POST /v1.41/exec/${id}/start`, unmade, { body: startBody }),
      row(`resize an exec ${name}`, `POST /v1.41/exec/${id}/resize?h=1&w=1`, unmade, { body: '' }),
    ]),
    row('outcome of an exec of a stranger', `GET /v1.41/exec/${scene.strangerExec}/json`, unmade, {
      lookups: [`GET /v1.41/exec/${scene.strangerExec}/json`, list],
    }),
    row('outcome of an exec that nobody made', `GET /v1.41/exec/${execs['that nobody made']}/json`, unmade, {
      lookups: [`GET /v1.41/exec/${execs['that nobody made']}/json`],
    }),
    row('an exec by the begin of its id', `GET /exec/${scene.madeExec.slice(0, 12)}/json`, elsewhere),
    row('an exec in capitals', `GET /exec/${scene.madeExec.toUpperCase().replace(/^\d/, 'A')}/json`, elsewhere),
  ];
}

function paths({ own, stranger, madeExec }: Scene): Attack[] {
  const targets = {
    'a step back': `/containers/${own}/../${stranger}/json`,
    'an escaped step back': `/containers/${own}/%2e%2e/${stranger}/json`,
    'a step back as a name': '/containers/../json',
    'a single dot': `/containers/./${own}/json`,
    'an escaped slash': `/containers/${own}%2f..%2f${stranger}/json`,
    'an escaped letter': `/containers/${own}/%6ason`,
    'an escaped NUL': `/containers/${own}%00/json`,
    'an empty segment': `/containers//${own}/json`,
    'two slashes at first': `//containers/${own}/json`,
    'a slash at last': `/containers/${own}/json/`,
    'a backslash': `/containers/${own}\\json`,
    'a parameter': `/containers/${own};x=1/json`,
    'a fragment': `/containers/${own}/json#`,
    'the absolute form': `http://docker/v1.41/containers/${own}/json`,
    'the absolute form of another host': `http://10.0.0.1:2375/containers/json`,
    'no slash at first': `containers/${own}/json`,
    'a version twice': `/v1.41/v1.41/containers/${own}/json`,
    'a version that is none': `/v1.x/containers/${own}/json`,
    'a version and a step back': `/v1.41/../containers/json`,
    'another major version': `/v2.0/containers/${own}/json`,
    'a capital letter': `/Containers/${own}/json`,
    'a query': `/containers/${own}/json?size=1`,
    'an empty query': `/containers/${own}/json?`,
    'an escaped query': `/containers/${own}/json%3fsize=1`,
    'a query to ping': '/_ping?x=1',
  };
  const sizes = {
    'a third parameter': 'h=1&w=1&x=1',
    'a parameter twice': 'h=1&h=2&w=1',
    'a negative size': 'h=-1&w=1',
    'no size': 'h=&w=',
  };
  const methods = ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'POST', 'PROPFIND'];
  return [
    ...Object.entries(targets).map(([name, target]) => row(`${name} in the path`, `GET ${target}`, elsewhere)),
    ...Object.entries(sizes).map(([name, query]) => row(`resize with ${name}`, `POST /exec/${madeExec}/resize?${query}`, elsewhere)),
    ...methods.map((method) => row(`${method} of an own container`, `${method} /containers/${own}/json`, elsewhere)),
    row('GET of an exec creation', `GET /containers/${own}/exec`, elsewhere),
    row('create with a query', `POST /containers/${own}/exec?Privileged=true`, elsewhere, { body: cmd }),
    row('start with a query', `POST /exec/${madeExec}/start?x=1`, elsewhere, { body: {} }),
    row('OPTIONS *', 'OPTIONS *', elsewhere),
    row('CONNECT', 'CONNECT 10.0.0.1:2375', elsewhere),
    row('a method in small letters', `get /containers/${own}/json`, /request line/),
    row('a path without end', `GET /containers/${'a'.repeat(600)}/json`, /path is longer/),
    row('a space in the path', `GET /containers/${own} /json`, /request line/),
  ];
}

function bodies({ own, app, madeExec }: Scene): Attack[] {
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
    create('Privileged twice', '{"Cmd":["id"],"Privileged":false,"Privileged":true}', /key twice/),
    create('Privileged twice, once escaped', '{"Cmd":["id"],"Privileged":true,"\\u0050rivileged":false}', /key twice/),
    create('Cmd twice', '{"Cmd":["id"],"Cmd":["sh"]}', /key twice/),
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
    row('start with a key twice', `POST /exec/${madeExec}/start`, /key twice/, { body: '{"Tty":true,"Tty":false}' }),
    row('start without a body', `POST /exec/${madeExec}/start`, /not JSON/, { body: '' }),
  ];
}

function framing({ own, stranger }: Scene): Attack[] {
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

function upgrades({ own, madeExec }: Scene): Attack[] {
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
    row('start upgraded to nothing', start, /must say to what/, { headers: { Connection: 'Upgrade' }, body }),
    row('start with Upgrade alone', start, /without Connection/, { headers: { Upgrade: 'tcp' }, body }),
  ];
}

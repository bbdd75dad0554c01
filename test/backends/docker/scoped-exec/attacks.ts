import { type Attack, cmd, list, row, type Scene } from './attack-row.js';
import { bodies, framing, upgrades } from './attacks-inside.js';

const elsewhere = /only runs commands/;
const foreign = /is not a container of this worker/;
const unmade = /not made (through this socket|in a container of this worker)/;

/** The whole table, for the ids of a scene. */
export function attacks(scene: Scene): Attack[] {
  return [...otherCalls(scene), ...foreigners(scene), ...paths(scene), ...bodies(scene), ...framing(scene), ...upgrades(scene)];
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

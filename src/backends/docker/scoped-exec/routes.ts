import { refuse, type Refusal } from './refusal.js';

/** An allowed request. `version`: the API version's prefix for the call to the daemon, such as `/v1.41`, or empty. */
export type Route = { version: string } & (
  | { kind: 'ping'; method: 'GET' | 'HEAD' }
  | { kind: 'version' }
  | { kind: 'inspect'; container: string }
  | { kind: 'create'; container: string }
  | { kind: 'start' | 'outcome'; exec: string }
  | { kind: 'resize'; exec: string; height: number; width: number }
);

type Make = (caught: string[], version: string) => Route;

const container = '([a-zA-Z0-9][a-zA-Z0-9_.-]{0,254})';
const exec = '([0-9a-f]{64})';
const size = '(\\d{1,4})';

/** All allowed requests. The patterns accept no escapes, no empty or dotted segments, and no query except a terminal's size. */
const table: [method: string, target: RegExp, make: Make][] = [
  ['GET', /^\/_ping$/, (_, version) => ({ kind: 'ping', method: 'GET', version })],
  ['HEAD', /^\/_ping$/, (_, version) => ({ kind: 'ping', method: 'HEAD', version })],
  ['GET', /^\/version$/, (_, version) => ({ kind: 'version', version })],
  ['GET', pattern(`/containers/${container}/json`), ([name = ''], version) => ({ kind: 'inspect', container: name, version })],
  ['POST', pattern(`/containers/${container}/exec`), ([name = ''], version) => ({ kind: 'create', container: name, version })],
  ['POST', pattern(`/exec/${exec}/start`), ([id = ''], version) => ({ kind: 'start', exec: id, version })],
  ['GET', pattern(`/exec/${exec}/json`), ([id = ''], version) => ({ kind: 'outcome', exec: id, version })],
  ['POST', pattern(`/exec/${exec}/resize\\?h=${size}&w=${size}`), ([id = '', h, w], version) => resize(id, h, w, version)],
  ['POST', pattern(`/exec/${exec}/resize\\?w=${size}&h=${size}`), ([id = '', w, h], version) => resize(id, h, w, version)],
];

/** Finds the route of a request by its raw target. Requests that are not in the table are refused. Pure. */
export function routeOf(method: string, target: string): Route | Refusal {
  const version = /^\/v1\.\d{1,3}(?=\/)/.exec(target)?.[0] ?? '';
  const path = target.slice(version.length);
  for (const [allowed, pattern, make] of table) {
    const match = method === allowed && pattern.exec(path);
    if (match) return make(match.slice(1), version);
  }
  return refuse('this socket only runs commands in the containers of its own worker');
}

function pattern(source: string): RegExp {
  return new RegExp(`^${source}$`);
}

function resize(exec: string, height = '', width = '', version: string): Route {
  return { kind: 'resize', exec, height: Number(height), width: Number(width), version };
}

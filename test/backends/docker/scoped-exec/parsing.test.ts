import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExecMemory } from '../../../../src/backends/docker/scoped-exec/exec-memory.js';
import { parseCreate, parseStart } from '../../../../src/backends/docker/scoped-exec/exec-body.js';
import { findOwn } from '../../../../src/backends/docker/scoped-exec/own-containers.js';
import { parseHead } from '../../../../src/backends/docker/scoped-exec/request-head.js';
import { routeOf } from '../../../../src/backends/docker/scoped-exec/routes.js';
import { parseStrictJson } from '../../../../src/backends/docker/scoped-exec/strict-json.js';

const id = 'a1'.repeat(32);

describe('routes', () => {
  const allowed = {
    'HEAD /_ping': { kind: 'ping', method: 'HEAD', version: '' },
    'GET /v1.41/_ping': { kind: 'ping', method: 'GET', version: '/v1.41' },
    'GET /version': { kind: 'version', version: '' },
    'GET /v1.50/version': { kind: 'version', version: '/v1.50' },
    'GET /v1.41/containers/mayfly-w.build/json': { kind: 'inspect', container: 'mayfly-w.build', version: '/v1.41' },
    [`POST /v1.41/containers/${id}/exec`]: { kind: 'create', container: id, version: '/v1.41' },
    [`POST /v1.41/exec/${id}/start`]: { kind: 'start', exec: id, version: '/v1.41' },
    [`GET /v1.41/exec/${id}/json`]: { kind: 'outcome', exec: id, version: '/v1.41' },
    [`POST /v1.41/exec/${id}/resize?h=24&w=80`]: { kind: 'resize', exec: id, height: 24, width: 80, version: '/v1.41' },
    [`POST /v1.41/exec/${id}/resize?w=80&h=24`]: { kind: 'resize', exec: id, height: 24, width: 80, version: '/v1.41' },
  };

  test.each(Object.entries(allowed))('%s', (line, route) => {
    const [method = '', target = ''] = line.split(' ');
    expect(routeOf(method, target)).toEqual(route);
  });

  test('an accepted target means the same path to every reader', () => {
    const harmful = fc.constantFrom(
      ...['/', '//', '..', '/../', '/./', '%2e', '%2f', '?', '?a=b', '&w=9', '#', '\\', '\n', ' ', '\0', 'é', '-1', '00000'],
    );
    /** Mostly nothing, so that many targets are legal. */
    const noise = fc.oneof({ weight: 12, arbitrary: fc.constant('') }, { weight: 1, arbitrary: harmful });
    const name = fc.array(fc.constantFrom('a', 'Z', '0', '.', '_', '-', '..', '%41', '/'), { maxLength: 4 }).map((parts) => parts.join(''));
    const version = fc.constantFrom('', '/v1.41', '/v1.9', '/v1.1000', '/v2.0');
    const container = fc.tuple(name, fc.constantFrom('json', 'exec')).map(([own, verb]) => `/containers/${own}/${verb}`);
    const onExec = fc.constantFrom('start', 'json', 'resize?h=24&w=80', 'resize?w=80&h=10000').map((verb) => `/exec/${id}/${verb}`);
    const other = fc.oneof(fc.constantFrom('/_ping', '/version'), onExec);
    const path = fc.oneof({ weight: 2, arbitrary: container }, { weight: 3, arbitrary: other });
    const target = fc.tuple(version, noise, path, fc.nat(80), noise, noise).map(([prefix, before, whole, at, amid, after]) => {
      return prefix + before + whole.slice(0, at) + amid + whole.slice(at) + after;
    });
    const accepted: Record<string, number> = {};
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'HEAD'), target, (method, text) => {
        const route = routeOf(method, text);
        if ('refused' in route) return;
        accepted[route.kind] = (accepted[route.kind] ?? 0) + 1;
        const { host, pathname, search, hash } = new URL(text, 'http://docker');
        expect([host, pathname + search + hash]).toEqual(['docker', text]);
        expect(text).not.toMatch(/%|\/\/|\/\.\.?(\/|$)|#/);
        expect(search).toMatch(/^(\?h=\d{1,4}&w=\d{1,4})?$/);
      }),
      { seed: 23, numRuns: 10_000 },
    );
    const enough = Object.entries(accepted).filter(([, times]) => times >= 40);
    expect(enough.map(([kind]) => kind).sort()).toEqual(['create', 'inspect', 'outcome', 'ping', 'resize', 'start', 'version']);
  });
});

test('a head is what its request line and headers say, and no more', () => {
  expect(parseHead('POST /x HTTP/1.1\r\nHost: \r\nConnection: keep-alive, Upgrade\r\nUpgrade: TCP\r\nContent-Length: 12')).toEqual({
    method: 'POST',
    target: '/x',
    length: 12,
    upgrade: true,
    close: false,
  });
});

describe('JSON', () => {
  const bytes = (value: string) => new TextEncoder().encode(value);

  test('whatever is written once is read as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        expect(parseStrictJson(bytes(json))).toEqual({ value: JSON.parse(json) });
      }),
    );
  });

  test('a key that stands twice is found, at any depth and however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (value, key) => {
        const escaped = [...key].flatMap((char) => char.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
        const twice = `[{"a":{${JSON.stringify(key)}:${JSON.stringify(value)},"${escaped.join('')}":1}}]`;
        expect(parseStrictJson(bytes(twice))).toEqual({ refused: 'the body repeats a key' });
      }),
    );
  });

  test('the bodies of clients that we know', () => {
    const cli =
      '{"User":"","Privileged":false,"Tty":true,"ConsoleSize":[24,80],"AttachStdin":true,"AttachStderr":true,"AttachStdout":true,';
    expect(parseCreate(bytes(`${cli}"Detach":false,"DetachKeys":"","Env":null,"WorkingDir":"","Cmd":["sh"]}\n`))).toMatchObject({
      Cmd: ['sh'],
    });
    const python =
      '{"Container":"x","User":"","Privileged":false,"Tty":false,"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Cmd":["id"]}';
    expect(parseCreate(bytes(python))).not.toHaveProperty('Container');
    expect(parseStart(bytes('{"Detach":false,"Tty":true,"ConsoleSize":[24,80]}'))).toEqual({
      Detach: false,
      Tty: true,
      ConsoleSize: [24, 80],
    });
  });
});

test('an own container is found by id, name and short id, and never by what two share', () => {
  const twin = { id: `${id.slice(0, 20)}${'0'.repeat(44)}`, name: 'twin' };
  const own = [{ id, name: 'mayfly-w.build' }, twin];
  expect(findOwn(own, id)?.id).toBe(id);
  expect(findOwn(own, 'mayfly-w.build')?.id).toBe(id);
  expect(findOwn(own, id.slice(0, 21))?.id).toBe(id);
  expect(findOwn(own, id.slice(0, 12))).toBeUndefined();
  expect(findOwn(own, '')).toBeUndefined();
});

test('of the execs the newest are remembered', () => {
  const execs = new ExecMemory(2);
  for (const exec of ['a', 'b', 'c']) execs.set(exec, 'idle');
  execs.set('b', 'open');
  execs.set('d', 'idle');
  expect(['a', 'b', 'c', 'd'].map((exec) => execs.get(exec))).toEqual([undefined, 'open', undefined, 'idle']);
});

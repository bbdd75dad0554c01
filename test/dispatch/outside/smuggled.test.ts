import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../../src/errors.js';
import type { WorkerSpec } from '../../../src/spec/worker-spec.js';
import { parseBody } from '../../../src/dispatch/outside/body.js';
import { base, box, faultsOf, load } from './support.js';

const refusalOf = (text: string) => {
  try {
    return faultsOf(parseBody(text));
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    return [`${error.place?.path}: ${error.message}; ${error.remedy}`];
  }
};

/** Texts of requests. Each first succeeds with JSON.parse and without a look at the value's shape. */
const texts: Record<string, { text: string; gains: (spec: WorkerSpec) => unknown; gained: unknown; refused: string }> = {
  'a second engine after the one that a proxy has checked': {
    text: '{"max_duration": 60, "engine": {"image": "good"}, "engine": {"image": "evil"}}',
    gains: ({ engine }) => engine?.image,
    gained: 'evil',
    refused: 'body: has the key "engine" twice in one object; remove one of the two',
  },
  'a second key in another spelling': {
    text: '{"max_duration": 60, "engine": {"image": "good", "im\\u0061ge": "evil"}}',
    gains: ({ engine }) => engine?.image,
    gained: 'evil',
    refused: 'body: has the key "image" twice in one object; remove one of the two',
  },
  'a number that becomes null, so that there is no limit': {
    text: '{"max_duration": 60, "engine": {"image": "alpine"}, "max_cost": 1e400}',
    gains: ({ max_cost }) => max_cost,
    gained: null,
    refused: 'max_cost: is too large a number; write a smaller number',
  },
  'half a character': {
    text: '{"max_duration": 60, "engine": {"image": "alpine", "command": ["a\\ud800"]}}',
    gains: ({ engine }) => engine?.command,
    gained: ['a\ud800'],
    refused: 'engine.command[0]: is not valid Unicode; write whole characters',
  },
  'a variable that is called as a part of every object': {
    text: '{"max_duration": 60, "engine": {"image": "alpine", "env": {"constructor": "x"}}}',
    gains: ({ engine }) => Object.keys(engine?.env ?? {}),
    gained: ['constructor'],
    refused: 'engine.env: has the key constructor, which is not allowed; remove it',
  },
  'a very long name of a variable': {
    text: JSON.stringify({ ...base, engine: { image: 'alpine', env: { ['N'.repeat(257)]: 'x' } } }),
    gains: ({ engine }) => Object.keys(engine?.env ?? {}).map(({ length }) => length),
    gained: [257],
    refused: 'engine.env: has a key of more than 256 characters; shorten it',
  },
  'a list of thousands': {
    text: JSON.stringify({ ...base, engine: { image: 'alpine', command: Array.from({ length: 2997 }, () => 'x') } }),
    gains: ({ engine }) => engine?.command?.length,
    gained: 2997,
    refused: 'spec: has more than 3000 values; write fewer',
  },
  'more than a megabyte in files of less': {
    text: JSON.stringify({ ...base, engine: { image: 'alpine', files: ['/a', '/b'].map((to) => ({ to, content: 'x'.repeat(600_000) })) } }),
    gains: ({ engine }) => engine?.files.length,
    gained: 2,
    refused: 'spec: is larger than 1 MB; build large files into an image',
  },
};

test.each(Object.entries(texts))('a request with %s succeeds without its guard, and is refused', (_, { text, gains, gained, refused }) => {
  expect(gains(load(JSON.parse(text), {}, { shape: () => [] }).spec), 'without the guard').toEqual(gained);
  expect(refusalOf(text)).toEqual([refused]);
});

test('a request that is nested deeply ends the parser without its guard, and is refused', () => {
  const nested = (levels: number) =>
    `{"max_duration": 60, "engine": {"image": "alpine"}, "mode": ${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;
  expect(() => load(JSON.parse(nested(20_000)), {}, { shape: () => [] })).toThrow(RangeError);
  expect(refusalOf(nested(20_000))).toEqual(['spec: has more than 3000 values; write fewer']);
  expect(refusalOf(nested(17))).toEqual([`mode${'.a'.repeat(16)}: is nested deeper than 16 levels; remove levels`]);
  expect(refusalOf(nested(16))).toEqual([]);
});

test('a request with 3000 values is read', () => {
  const command = Array.from({ length: 2996 }, () => 'x');
  expect(faultsOf({ ...base, engine: { image: 'alpine', command } })).toEqual([]);
});

test.each([
  '{"__proto__": {"exec": true}',
  '{"image": "alpine", "env": {"__proto__": "x"}',
  '{"image": "alpine", "files": [{"__proto__": {}}]',
])('a prototype in %s is refused, by the parser too', (engine) => {
  const text = `{"max_duration": 60, "engine": ${engine}}}`;
  expect(refusalOf(text)[0]).toMatch(/^engine(\.env|\.files\[0\])?: has the key __proto__, which is not allowed; remove it$/);
  expect(faultsOf(JSON.parse(text), {}, { shape: () => [] }).join('\n')).toContain(': __proto__ is not allowed as a key; ');
});

test('the organisation of another is replaced by that of the token', () => {
  expect(load({ ...base, organization_id: 'victim' }).spec.organization_id).toBe('acme');
  expect(load(base).spec.organization_id).toBe('acme');
});

/** The grammar of spec files refuses these too. */
const grammar: Record<string, [spec: object, refused: string]> = {
  'a name in letters that look like others': [{ ...base, name: 'с\u0456' }, 'name: must be a lower-case letter followed by'],
  'a name with a line end': [{ ...base, name: 'a\n' }, 'name: must be a lower-case letter followed by'],
  'a name that leads out of a directory': [{ ...base, volumes: [{ name: '../x', storage: 1 }], storage: 1 }, 'volumes[0].name: must be'],
  'a very long name': [{ ...base, name: 'a'.repeat(32) }, 'name: must be a lower-case letter followed by'],
  'a reserved name': [box({ name: 'lease-1' }), 'containers[0].name: "lease-1" is reserved'],
  'a number in a text': [{ ...base, cpu: '1000' }, 'cpu: must be a whole number of millicores, got "1000"'],
  'a number with an exponent in a text': [{ ...base, max_duration: '1e9' }, 'max_duration: must be a whole number of seconds, got "1e9"'],
  'a month and a second': [{ ...base, max_duration: 2_592_001 }, 'max_duration: must be from 1 to 2592000 seconds, got 2592001'],
  'a list in place of a mapping': [{ ...base, engine: ['idle'] }, 'engine: must be a mapping, or idle, got a list'],
  'an object that looks like a list': [
    { ...base, containers: { 0: { name: 'a' }, length: 1 } },
    'containers: must be a list, got a mapping',
  ],
  'a privilege': [box({ privileged: true }), 'containers[0].privileged: unknown key "privileged"'],
  'a field in capitals': [box({ Mounts: [] }), 'containers[0].Mounts: unknown key "Mounts"'],
  'a short form of an address': [{ ...base, access: { bind: '127.1' } }, 'access.bind: must be an IP address, got "127.1"'],
  'a host name that begins like loopback': [
    { ...base, access: { bind: '127.0.0.1.example.com' } },
    'access.bind: must be an IP address, got "127.0.0.1.example.com"',
  ],
  'an option in place of an image': [box({ image: '--privileged' }), 'containers[0].image: must be an image reference'],
  'a second path in a mount point': [
    { ...box({ mounts: [{ name: 'v', mount_point: '/a:/etc' }], storage: 1 }), volumes: [{ name: 'v', storage: 1 }], storage: 1 },
    'containers[0].mounts[0].mount_point: must be an absolute path without ":"',
  ],
  'a command in place of a user': [box({ user: 'root; id' }), 'containers[0].user: must be a user, or a user and a group'],
  'a backend that does not exist': [{ ...base, backend: 'Process' }, 'backend: must be docker, process, aws, got "Process"'],
};

describe('the grammar of a spec refuses', () => {
  test.each(Object.entries(grammar))('%s', (_, [spec, refused]) => {
    const faults = faultsOf(spec);
    expect([faults.length, faults[0]?.slice(0, refused.length)]).toEqual([1, refused]);
  });
});

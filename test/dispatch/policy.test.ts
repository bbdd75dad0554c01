import { expect, test } from 'vitest';
import { type Allowances, nothingAllowed } from '../../src/dispatch/outside/rules.js';
import { Policy, type PolicyNode } from '../../src/dispatch/policy.js';
import { load } from './outside/support.js';

const node = (name: string, allow: Partial<Allowances> = {}, asUser = false): PolicyNode => ({
  name,
  asUser,
  allow: { ...nothingAllowed, ...allow },
});

function policy(nodes: PolicyNode[], organisation: Partial<Allowances> = {}): Policy {
  return new Policy({
    nodes,
    organisations: new Map([['acme', { allow: { ...nothingAllowed, ...organisation } }]]),
    melodiumImages: 'mirror',
  });
}

const everything: Partial<Allowances> = { processes: true, exposed: true, host_ports: true, caches: true };
const spec = (more: object) => load({ max_duration: 60, engine: { image: 'alpine:3.20' }, ...more }, everything).spec;

test.each([
  ['exposed', { access: { bind: '0.0.0.0' } }],
  ['exposed', { access: { cidrs: ['10.0.0.0/8'] } }],
  ['exposed', { access: { public: true } }],
  ['host_ports', { ports: [{ name: 'db', port: 1, host: 5432 }] }],
  ['caches', { caches: [{ name: 'pip', to: '/cache' }] }],
] as const)('a node takes a spec that needs %s only if it or the organisation allows that: %j', (permission, more) => {
  const reason = [`neither the node nor the organisation allows \`${permission}\``];
  expect(policy([node('docker')]).reasons('docker', spec(more))).toEqual(reason);
  expect(policy([node('docker', { [permission]: true })]).reasons('docker', spec(more))).toEqual([]);
  expect(policy([node('docker')], { [permission]: true }).reasons('docker', spec(more))).toEqual([]);
});

test("the lists of a node and of an organisation both hold, on each container's image", () => {
  const of = policy([node('docker', { images: [['alpine:*', 'busybox']] }), node('docker@open')], { images: [['alpine:3.20', 'debian']] });
  const two = spec({ containers: [{ name: 'box', image: 'busybox' }], service_containers: [{ name: 'db', image: 'debian' }] });
  expect(of.reasons('docker', spec({}))).toEqual([]);
  expect(of.reasons('docker', two)).toEqual(['the image busybox is not allowed there', 'the image debian is not allowed there']);
  expect(of.reasons('docker@open', two)).toEqual(['the image busybox is not allowed there']);
});

test('a request may use what one of the nodes allows', () => {
  const nodes = [node('docker', { images: [['a'], ['a', 'b']], exposed: true }), node('docker@2', { images: [['c']], caches: true })];
  expect(policy(nodes, { images: [['o']] }).rulesOf('acme')).toEqual({
    ...{ images: [['o'], ['a', 'a', 'b', 'c']], processes: false, exposed: true, host_ports: false, caches: true },
    ...{ organisation: 'acme', collects: false, backends: ['docker', 'docker@2'], as_user: [], melodium_images: 'mirror' },
  });
  expect(policy([...nodes, node('aws')]).rulesOf('acme').images).toEqual([]);
  expect(policy([node('docker')]).rulesOf('unknown')).toMatchObject(nothingAllowed);
  expect(policy([node('docker'), node('process@2', {}, true)]).rulesOf('acme')).toMatchObject({
    backends: ['docker', 'process', 'process@2'],
    as_user: ['process', 'process@2'],
  });
});

test.each([
  ['docker', null, []],
  ['docker', 'docker', []],
  ['docker@2', 'docker', []],
  ['docker', 'docker@2', ['the spec names the backend docker@2']],
  ['gone', null, ['is not in the settings any more']],
])('the node %s and a spec for %s', (name, backend, reasons) => {
  expect(policy([node('docker'), node('docker@2')]).reasons(name, { ...spec({}), backend })).toEqual(reasons);
});

import { expect, test } from 'vitest';
import { isListed } from '../../../src/dispatch/outside/image-list.js';
import { base, faultsOf } from './support.js';

const digest = `@sha256:${'0a'.repeat(32)}`;

test.each([
  ['alpine:3.20', 'alpine:3.20'],
  [`alpine:3.20${digest}`, `alpine:3.20${digest}`],
  ['alpine:3.20', 'alpine:*'],
  [`alpine:3.20${digest}`, 'alpine:*'],
  ['registry.example.com:5000/app:1_2-rc.3', 'registry.example.com:5000/app:*'],
  ['registry.example.com/ci/app', 'registry.example.com/ci/*'],
  ['registry.example.com/ci/app:1', 'registry.example.com/ci/*'],
  [`registry.example.com/ci/deep/er/app:1${digest}`, 'registry.example.com/ci/*'],
])('%s is on a list with %s', (image, entry) => {
  expect(isListed(image, ['other', entry])).toBe(true);
});

test.each([
  ['alpine', 'alpine:*'],
  ['alpine:', 'alpine:*'],
  ['alpine-3.20', 'alpine:*'],
  [`alpine${digest}`, 'alpine:*'],
  ['alpine:3.20', 'alpine'],
  ['alpine:3.20', 'alpine:3.2'],
  ['my/alpine:3.20', 'alpine:*'],
  ['registry.example.com/ci/', 'registry.example.com/ci/*'],
  ['registry.example.com/ci', 'registry.example.com/ci/*'],
  ['registry.example.com/ci/app:1:2', 'registry.example.com/ci/*'],
  ['registry.example.com/ci/app:1/../x', 'registry.example.com/ci/*'],
  ['registry.example.com.evil.com/ci/app', 'registry.example.com*'],
  ['anything', '*'],
])('%s is not on a list with %s', (image, entry) => {
  expect(isListed(image, [entry])).toBe(false);
});

test('an image must be on the lists of both the organisation and the node; an empty list allows none', () => {
  const spec = { ...base, engine: { image: 'alpine:3.20' } };
  const lists = { organisation: ['alpine:*', 'busybox'], node: ['alpine:3.20'] };
  expect(faultsOf(spec, { images: [lists.organisation, lists.node] })).toEqual([]);
  expect(faultsOf(spec, { images: [lists.organisation, ['busybox']] })).toEqual([
    "engine.image: the image alpine:3.20 is not allowed; use an image of the server's list: busybox",
  ]);
  expect(faultsOf(spec, { images: [[]] })).toEqual([
    "engine.image: the image alpine:3.20 is not allowed; use an image of the server's list: no image",
  ]);
});

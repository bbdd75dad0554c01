import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { nextChange } from '../../../src/backends/docker/events.js';
import type { HttpClient } from '../../../src/backends/docker/http-client.js';
import { labelKeys } from '../../../src/labels.js';
import { labelsOf } from './subjects.js';

/** Events of one container, by its name and its labels. */
function event(Action: string, name: string, more: Record<string, string> = {}): string {
  return JSON.stringify({ Action, Actor: { Attributes: { name, image: 'x', ...labelsOf('ci', 'docker_container.engine'), ...more } } });
}

const own = 'mayfly-ci.engine';

test.each<[string, string, 'wakes' | 'sleeps']>([
  ['the engine ends', event('die', own), 'wakes'],
  ['an engine is made that needs its socket', event('create', own, { [labelKeys.exec]: '/run/mayfly/x/ci' }), 'wakes'],
  ['any other container is made', event('create', own, { [labelKeys.exec]: '' }), 'sleeps'],
  ['a container of the engine’s image ends', event('die', 'jolly_stranger'), 'sleeps'],
  ['a container ends whose labels are malformed', event('die', own, { [labelKeys.worker]: '../ci' }), 'sleeps'],
])('when %s', async (_when, line, expected) => {
  const events = new PassThrough();
  const http = { stream: () => Promise.resolve(events) } as unknown as HttpClient;
  events.end(`${line}\n`);
  const woken = await nextChange(http, new AbortController().signal).then(
    () => 'wakes',
    () => 'sleeps',
  );
  expect(woken).toBe(expected);
});

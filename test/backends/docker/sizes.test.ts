import { describe, expect, test } from 'vitest';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import type { SizedContainer } from '../../../src/backends/docker/api-types.js';
import { measure } from '../../../src/backends/docker/sizes.js';
import { outgrown } from '../../../src/backends/ports/sizes.js';
import { usedBy } from '../../../src/backends/shared/measured.js';
import { labelKeys } from '../../../src/labels.js';
import { images, must } from '../../support/docker.js';
import { startFakeDocker } from '../../support/fake-docker/index.js';
import { openDocker } from './support.js';

const MiB = 2 ** 20;

function labels(address: string, storage: string | null) {
  return {
    [labelKeys.worker]: 'w',
    [labelKeys.lifetime]: '60',
    [labelKeys.address]: address,
    ...(storage !== null && { [labelKeys.storage]: storage }),
  };
}

function container(name: string, storage: string | null, more: Partial<SizedContainer>): SizedContainer {
  const address = `docker_container.${name}`;
  return { Id: name, Names: [`/mayfly-w.${name}`], Labels: labels(address, storage), State: 'running', Status: 'Up', Created: 0, ...more };
}

function volume(name: string, storage: string | null): OwnedObject {
  const address = `docker_volume.${name}`;
  const rest = { type: 'docker_volume', worker: 'w', createdAt: 0, status: 'present' as const, exitCode: null };
  return { id: name, name, address, labels: { worker: 'w', address, ...(storage !== null && { storage: Number(storage) }) }, ...rest };
}

describe('what has outgrown its size', () => {
  const usage = (sizes: Record<string, number>) => ({
    Volumes: Object.entries(sizes).map(([Name, Size]) => ({ Name, UsageData: { Size } })),
  });
  const mounts = (...names: string[]) => ({ Mounts: names.map((Name) => ({ Name })) });

  test.each<[string, SizedContainer[], OwnedObject[], Record<string, number>, string[]]>([
    ['nothing there', [], [], {}, []],
    ['exactly full', [container('engine', '10', { SizeRw: 10 * MiB })], [volume('v', '5')], { v: 5 * MiB }, []],
    ['a byte more in a layer', [container('engine', '10', { SizeRw: 10 * MiB + 1 })], [], {}, ['engine 11 of 10']],
    ['a byte more in a volume', [], [volume('v', '5')], { v: 5 * MiB + 1 }, ['volume v 6 of 5']],
    ['nothing written, nothing said', [container('a', '1', {})], [volume('v', '1')], {}, []],
    ['no label, no size', [container('a', null, { SizeRw: 99 * MiB })], [volume('v', null)], { v: 99 * MiB }, []],
    ['no number, no size', [container('a', 'lots', { SizeRw: 99 * MiB })], [], {}, []],
    ['its volumes count', [container('a', '10', { SizeRw: 6 * MiB, ...mounts('v') })], [], { v: 5 * MiB }, ['container a 11 of 10']],
    ['one mounted twice counts once', [container('a', '10', mounts('v', 'v'))], [], { v: 6 * MiB }, []],
    ['the image’s own count', [container('a', '4', mounts('0123abcd'))], [], { '0123abcd': 5 * MiB }, ['container a 5 of 4']],
    ['one in memory does not', [container('a', '4', { SizeRw: MiB, ...mounts('m') })], [], { m: -1 }, []],
    ['a bind has no name', [container('a', '4', { Mounts: [{}] })], [], {}, []],
    [
      'the volume is told first',
      [container('engine', '5', mounts('v'))],
      [volume('v', '5')],
      { v: 6 * MiB },
      ['volume v 6 of 5', 'engine 6 of 5'],
    ],
  ])('%s', (_name, containers, volumes, sizes, expected) => {
    const found = outgrown(usedBy(measure(containers, volumes, usage(sizes)), (type) => type === 'docker_volume'));
    expect(found.map(({ what, usedMB, sizeMB }) => `${what} ${usedMB} of ${sizeMB}`)).toEqual(expected);
  });
});

test('the daemon is asked for ours alone, and for one worker', async () => {
  const fake = await startFakeDocker({ images: [images.busybox] });
  const make = async (worker: string | null, bytes: number) => {
    const Name = `mayfly-${worker}.v`;
    const own = worker === null ? {} : { ...labels('docker_volume.v', '1'), [labelKeys.worker]: worker };
    await must('POST', '/volumes/create', { Name, Labels: own }, fake.socketPath);
    fake.state.written.set(Name, bytes);
  };
  await make('big', 3 * MiB);
  await make('small', MiB);
  await make(null, 9 * MiB);
  const backend = openDocker(fake.socketPath);
  const big = { worker: 'big', what: 'volume v', usedMB: 3, sizeMB: 1 };
  expect(outgrown(await backend.sizes!.used())).toEqual([big]);
  expect(outgrown(await backend.sizes!.used('big'))).toEqual([big]);
  expect(outgrown(await backend.sizes!.used('small'))).toEqual([]);
  backend.close();
});

import { describe, expect, test } from 'vitest';
import { isExecPlace, fromContainer, fromVolume } from '../../src/backends/docker/own-objects.js';
import type { ContainerSummary, VolumeInspect } from '../../src/backends/docker/api-types.js';
import { leaseLabels, parseLease, parseLoose, parseResource } from '../../src/backends/shared/own-labels.js';
import { assertOurs } from '../../src/backends/shared/ownership.js';
import { labelKeys, type Labels } from '../../src/labels.js';

const own: Labels = { [labelKeys.worker]: 'ci', [labelKeys.lifetime]: '60', [labelKeys.address]: 'docker_container.engine' };

describe('the labels of a resource', () => {
  test.each<[string, Labels | null, ReturnType<typeof parseResource>]>([
    ['those of an older version', own, { worker: 'ci', address: 'docker_container.engine', lifetime: 60 }],
    [
      'all that count',
      { ...own, [labelKeys.maxLifetime]: '600', [labelKeys.storage]: '5', other: 'x' },
      { worker: 'ci', address: 'docker_container.engine', lifetime: 60, maxLifetime: 600, storage: 5 },
    ],
    [
      'the process that it was made for',
      { ...own, [labelKeys.runner]: '0123456789abcdef-42-4711' },
      { worker: 'ci', address: 'docker_container.engine', lifetime: 60, runner: '0123456789abcdef-42-4711' },
    ],
    ['no such process', { ...own, [labelKeys.runner]: '' }, { worker: 'ci', address: 'docker_container.engine', lifetime: 60 }],
    ['a malformed one', { ...own, [labelKeys.runner]: '1 2' }, { worker: 'ci', address: 'docker_container.engine', lifetime: 60 }],
    [
      'its birth',
      {
        ...own,
        [labelKeys.until]: '1800000000',
        [labelKeys.asks]: 'cpu=500 memory=512 storage=0',
        [labelKeys.dispatcher]: '5d1c0c0e-3a2f-4a55-9d0e-6a2f4e1b7c11',
        [labelKeys.name]: 'build',
        [labelKeys.organization]: 'team a',
      },
      {
        ...{ worker: 'ci', address: 'docker_container.engine', lifetime: 60, until: 1_800_000_000 },
        asks: { cpu: 500, memory: 512, storage: 0 },
        ...{ dispatcher: '5d1c0c0e-3a2f-4a55-9d0e-6a2f4e1b7c11', name: 'build', organization: 'team a' },
      },
    ],
    [
      'a malformed birth, as an image has it',
      {
        ...own,
        [labelKeys.until]: '253402300800',
        [labelKeys.asks]: 'lots',
        [labelKeys.dispatcher]: 'none',
        [labelKeys.name]: '../x',
        [labelKeys.organization]: 'a\u001b[2J',
      },
      { worker: 'ci', address: 'docker_container.engine', lifetime: 60 },
    ],
    [
      'the longest lifetime',
      { ...own, [labelKeys.lifetime]: '5184000' },
      { worker: 'ci', address: 'docker_container.engine', lifetime: 5_184_000 },
    ],
    ['a longer one', { ...own, [labelKeys.lifetime]: '5184001' }, null],
    ['none', null, null],
    ['no worker', { ...own, [labelKeys.worker]: '' }, null],
    ['a worker that is a path', { ...own, [labelKeys.worker]: '..' }, null],
    ['a worker of 32 letters', { ...own, [labelKeys.worker]: 'a'.repeat(32) }, null],
    ['a worker with a line after it', { ...own, [labelKeys.worker]: 'ci\n' }, null],
    ['an address without a type', { ...own, [labelKeys.address]: 'engine' }, null],
    ['an address with a path', { ...own, [labelKeys.address]: 'docker_container.a/b' }, null],
    ['no lifetime', { ...own, [labelKeys.lifetime]: '' }, null],
    ['a lifetime with a sign', { ...own, [labelKeys.lifetime]: '+60' }, null],
  ])('%s', (_what, labels, parsed) => {
    expect(parseResource(labels)).toEqual(parsed);
  });

  test.each(['', 'lots', '0', '-1', '1e3', ' 5', '05', '9'.repeat(23)])('a storage or a cap of %j is none, and hides nothing', (text) => {
    const labels = { ...own, [labelKeys.storage]: text, [labelKeys.maxLifetime]: text };
    expect(parseResource(labels)).toEqual({ worker: 'ci', address: 'docker_container.engine', lifetime: 60 });
  });
});

describe('a lease', () => {
  test('reads back as it was written', () => {
    const labels = leaseLabels('ci', { lifetime: 60, maxLifetime: 600, maxDuration: 30 }, 2_000_000_000);
    expect(labels).toEqual({
      'dev.mayfly.worker': 'ci',
      'dev.mayfly.lifetime': '60',
      'dev.mayfly.max_lifetime': '600',
      'dev.mayfly.max_duration': '30',
      'dev.mayfly.ends': '2000000000',
    });
    expect(parseLease(labels)).toEqual({ ends: 2_000_000_000, maxDuration: 30 });
    expect(parseLease(leaseLabels('ci', {}, 5))).toEqual({ ends: 5 });
  });

  test('lists the containers that have their copies, by codes alone', () => {
    const labels = leaseLabels('ci', { copied: ['0123456789ab', 'cdef01234567'] }, 5);
    expect(labels).toMatchObject({ 'dev.mayfly.copied': '0123456789ab cdef01234567' });
    expect(parseLease(labels)).toEqual({ ends: 5, copied: ['0123456789ab', 'cdef01234567'] });
    expect(parseLease({ ...labels, 'dev.mayfly.copied': '0123456789ab box' })).toEqual({ ends: 5 });
  });

  test('has the birth of its worker', () => {
    const labels = leaseLabels('ci', { until: 1_800_000_000, dispatcher: 'inst-0001', name: 'build' }, 5);
    expect(parseLoose(labels)).toEqual({ worker: 'ci', address: '', until: 1_800_000_000, dispatcher: 'inst-0001', name: 'build' });
  });

  test.each([undefined, '', 'never', '-5', '253402300800'])('an end of %j is none', (text) => {
    expect(parseLease(text === undefined ? {} : { [labelKeys.ends]: text })).toBeNull();
  });
});

describe('an object on docker', () => {
  const container = (names: string[], more: Partial<ContainerSummary> = {}) =>
    fromContainer({ Id: 'i', Names: names, Labels: own, State: 'running', Status: 'Up', Created: 5, ...more })?.name ?? null;
  const volume = (Name: string, Labels: Labels) => {
    const found = fromVolume({ Name, Labels, CreatedAt: '2026-01-01T00:00:00Z' } as VolumeInspect);
    return found && [found.type, found.worker, found.lease?.number ?? null];
  };

  test('is ours under its own name, whatever other names links give it', () => {
    expect(container(['/mayfly-ci.engine'])).toBe('mayfly-ci.engine');
    expect(container(['/other/alias', '/mayfly-ci.engine'])).toBe('mayfly-ci.engine');
    expect([container(['/engine']), container(['/mayfly-ci.build']), container(['/mayfly-ci2.engine']), container([])]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(container(['/mayfly-ci.engine'], { Labels: { ...own, [labelKeys.address]: 'docker_volume.engine' } })).toBeNull();
  });

  test.each([
    ['Up 2 seconds (health: starting)', true],
    ['Up 2 seconds (healthy)', undefined],
    ['Up 2 seconds (unhealthy)', undefined],
    ['Up 2 seconds', undefined],
  ])('with the status %j is starting: %s', (Status, starting) => {
    const found = fromContainer({ Id: 'i', Names: ['/mayfly-ci.engine'], Labels: own, State: 'running', Status, Created: 5 });
    expect(found?.starting).toBe(starting);
  });

  test('is a volume or a lease by its name', () => {
    const work = { ...own, [labelKeys.address]: 'docker_volume.work' };
    const ends = { [labelKeys.worker]: 'ci', [labelKeys.ends]: '2000000000' };
    expect(volume('mayfly-ci.work', work)).toEqual(['docker_volume', 'ci', null]);
    expect(volume('mayfly-ci.work', { ...work, ...ends })).toEqual(['docker_volume', 'ci', null]);
    expect(volume('mayfly-ci-lease-999999', ends)).toEqual(['lease', 'ci', 999_999]);
    expect(volume('mayfly-ci-lease-1', work)).toBeNull();
    expect(
      ['mayfly-ci-lease-1000000', 'mayfly-ci-lease-01', 'mayfly-ci-lease-0', 'x-mayfly-ci-lease-1', 'mayfly-a-lease-1'].map((name) =>
        volume(name, ends),
      ),
    ).toEqual([null, null, null, null, null]);
    // A worker may be called so: its lease is not that of `ci`.
    expect(volume('mayfly-ci-lease-1-lease-2', ends)).toBeNull();
  });

  test.each<[string, boolean]>([
    ['/run/mayfly/0123456789ab/ci', true],
    ['mayfly-ci.engine_exec', true],
    ['/run/mayfly/0123456789ab/other', false],
    ['/run/mayfly/../ci', false],
    ['ci', false],
    ['mayfly-ci.work', false],
    ['mayfly-other.engine_exec', false],
  ])('may have its socket at %s: %s', (place, expected) => {
    expect(isExecPlace('ci', place)).toBe(expected);
  });
});

describe('an object under our name', () => {
  const refusal = (actual: Labels | null, wanted = own) => {
    try {
      assertOurs('container', 'mayfly-ci.engine', wanted, actual);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('is ours by worker and address', () => {
    expect(refusal({ ...own, [labelKeys.lifetime]: '99' })).toBeNull();
    expect(refusal({ ...own, [labelKeys.worker]: 'other' })).toContain('belongs to the worker other');
    expect(refusal({ ...own, [labelKeys.address]: 'docker_container.build' })).toContain(
      'belongs to the worker ci (docker_container.build)',
    );
  });

  test('and not by labels that do not parse', () => {
    expect(refusal({ ...own, [labelKeys.lifetime]: '' })).toContain('was not made by mayfly');
    expect(refusal({ ...own, [labelKeys.worker]: '\u001b[2J' })).not.toContain('\u001b');
    expect(refusal(null)).toContain('was not made by mayfly');
  });

  test('by all labels where those of a foreign stack name no worker', () => {
    expect(refusal({ a: 'b', c: 'd' }, { a: 'b' })).toBeNull();
    expect(refusal({ a: 'x' }, { a: 'b' })).toContain('was not made by mayfly');
  });
});

import { describe, expect, test } from 'vitest';
import { createBody, memoryBody } from '../../../src/backends/docker/resources/container-body.js';
import { wantedForCreate } from '../../../src/plan/diff.js';
import { withoutUnknown } from '../../../src/apply/refresh.js';
import { containerSchema } from '../../../src/backends/docker/resources/schemas.js';
import { labelKeys } from '../../../src/labels.js';
import type { Attributes } from '../../../src/plan/resource-schema.js';

const own = { [labelKeys.worker]: 'w', [labelKeys.lifetime]: '600', [labelKeys.address]: 'docker_container.engine' };
const labelList = (labels: Record<string, string>) => Object.entries(labels).map(([label, value]) => ({ label, value }));

/** All attributes of a container, as an apply has them. */
const wanted = (configured: Attributes) =>
  withoutUnknown(wantedForCreate({ name: 'mayfly-w.engine', image: 'alpine:3', ...configured }, containerSchema));
const body = (configured: Attributes, mounts = true) => createBody(wanted(configured), { mounts });
const host = (configured: Attributes, mounts = true) => body(configured, mounts)['HostConfig'] as Record<string, unknown>;

describe('the body of a create', () => {
  test('memory is in MiB, cpus in nano-CPUs, shares as they are', () => {
    expect(host({ memory: 64 })).toMatchObject({ NanoCpus: 0, CpuShares: 0 });
    expect(host({ memory: 64, memory_swap: 64, cpus: '0.25', cpu_shares: 256, shm_size: 2 })).toMatchObject({
      CpuShares: 256,
      Memory: 67_108_864,
      MemorySwap: 67_108_864,
      MemoryReservation: 0,
      NanoCpus: 250_000_000,
      ShmSize: 2_097_152,
    });
    expect(memoryBody({ memory: 1, memory_swap: -1 })).toEqual({ Memory: 1_048_576, MemorySwap: -1, MemoryReservation: 0 });
  });

  test('no label of the image stands where ours decide', () => {
    expect(body({ labels: labelList(own) })['Labels']).toEqual({
      ...own,
      [labelKeys.exec]: '',
      [labelKeys.storage]: '',
      [labelKeys.keeper]: '',
      [labelKeys.once]: '',
    });
    expect(body({ labels: labelList({ ...own, [labelKeys.storage]: '50' }) })['Labels']).toMatchObject({ [labelKeys.storage]: '50' });
    expect(body({ labels: labelList({ a: 'b' }) })['Labels']).toEqual({ a: 'b' });
  });

  test('a worker’s own volume is a mount with the labels that it is found by', () => {
    const volumes = [{ volume_name: 'mayfly-w.work', container_path: '/work', read_only: true, host_path: '' }];
    const labels = labelList({ ...own, [labelKeys.exec]: '/run/mayfly/d/w', [labelKeys.storage]: '50' });
    expect(host({ volumes, labels })).toMatchObject({
      Binds: [],
      Mounts: [
        {
          Type: 'volume',
          Source: 'mayfly-w.work',
          Target: '/work',
          ReadOnly: true,
          VolumeOptions: { Labels: { ...own, [labelKeys.address]: 'docker_volume.work' } },
        },
      ],
    });
  });

  test('a path is a mount, which makes no missing directory; the directory of the socket is a bind', () => {
    const volumes = [
      { host_path: '/home/dev/app', volume_name: '', container_path: '/src', read_only: null },
      { host_path: '/run/mayfly/d/w', volume_name: '', container_path: '/run/mayfly', read_only: true },
    ];
    expect(host({ volumes, labels: labelList(own) })).toMatchObject({
      Binds: ['/run/mayfly/d/w:/run/mayfly:ro'],
      Mounts: [{ Type: 'bind', Source: '/home/dev/app', Target: '/src', ReadOnly: false }],
    });
  });

  test.each<[string, Attributes, boolean, string[]]>([
    ['a directory on podman', { host_path: '/a', volume_name: '', container_path: '/b', read_only: true }, false, ['/a:/b:ro']],
    [
      'a volume of another worker',
      { host_path: '', volume_name: 'mayfly-x.work', container_path: '/b', read_only: false },
      true,
      ['mayfly-x.work:/b:rw'],
    ],
    [
      'any volume on podman',
      { host_path: '', volume_name: 'mayfly-w.work', container_path: '/b', read_only: false },
      false,
      ['mayfly-w.work:/b:rw'],
    ],
  ])('%s is a bind', (_, volume, mounts, binds) => {
    expect(host({ volumes: [volume], labels: labelList(own) }, mounts)).toMatchObject({ Binds: binds, Mounts: [] });
  });

  test('ports, of the daemon’s choice where none is asked for', () => {
    const port = { internal: 8080, ip: '127.0.0.1', protocol: 'tcp' };
    const ports = [
      { ...port, external: null },
      { ...port, internal: 53, protocol: 'udp', external: 5353 },
    ];
    expect(body({ ports })).toMatchObject({
      ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
      HostConfig: {
        PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }], '53/udp': [{ HostIp: '127.0.0.1', HostPort: '5353' }] },
      },
    });
  });

  test('a healthcheck in nanoseconds', () => {
    const healthcheck = [{ test: ['CMD', 'true'], interval: '5s', timeout: '1m0s', start_period: '500ms', retries: 3 }];
    expect(body({ healthcheck })['Healthcheck']).toEqual({
      Test: ['CMD', 'true'],
      Interval: 5_000_000_000,
      Timeout: 60_000_000_000,
      StartPeriod: 500_000_000,
      Retries: 3,
    });
  });

  test('an attribute that it cannot make is an error, unless it is empty', () => {
    expect(() => body({ dns: ['1.1.1.1'] })).toThrow(
      expect.objectContaining({ code: 'stack_invalid', message: expect.stringContaining('dns') as string }),
    );
    expect(() => body({ dns: [] })).not.toThrow();
  });
});

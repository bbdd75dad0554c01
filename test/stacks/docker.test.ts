import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCpus, formatNanoCpus } from '../../src/spec/cpus.js';
import { base, box, stackOf } from './support.js';

const container = (spec: Record<string, unknown>, name = 'engine') => stackOf(spec).resource!['docker_container']![name]!;

describe('numbers of CPUs, as the provider reads them back', () => {
  /** Found by asking the real one; test/interop has the proof. */
  const nano: Record<string, string> = {
    '500000000': '0.5',
    '250000000': '0.25',
    '1000000000': '1.0',
    '12000000000': '12.0',
    '10000000000': '10.',
    '1500000000': '1.5',
    '50000000': '0.1',
    '10000000': '0.0',
    '50000001': '0.050000001',
  };
  test.each(Object.entries(nano))('%s nano-CPUs are %s', (value, text) => {
    expect(formatNanoCpus(Number(value))).toBe(text);
  });

  test('what the stack says comes back the same, and is what was asked for within a nano-CPU', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512_000 }), (millicores) => {
        const text = formatCpus(millicores);
        const given = Math.round(Number(text) * 1e9);
        expect(formatNanoCpus(given)).toBe(text);
        expect(given - millicores * 1e6).toBeGreaterThanOrEqual(0);
        expect(given - millicores * 1e6).toBeLessThanOrEqual(1);
      }),
      { seed: 3, numRuns: 5000 },
    );
  });
});

describe('what a worker on docker is made of', () => {
  test('executors without a command stay up and obey TERM, services run what their image has', () => {
    const spec = { ...base, containers: [box('a'), box('b', { command: ['x'] })], service_containers: [box('s')] };
    expect(container(spec, 'a')).toMatchObject({ entrypoint: ['sh', '-c'], command: [expect.stringContaining('TERM')] });
    expect(container(spec, 'b')).toMatchObject({ command: ['x'] });
    expect(container(spec, 'b')).not.toHaveProperty('entrypoint');
    expect(container(spec, 's')).not.toHaveProperty('command');
  });

  test('an entrypoint without a command is run as it is, also in an executor', () => {
    const spec = { ...base, containers: [box('a', { entrypoint: 'tini --' }), box('b', { entrypoint: ['${x}'], command: ['y'] })] };
    expect(container(spec, 'a')).toMatchObject({ entrypoint: ['tini', '--'] });
    expect(container(spec, 'a')).not.toHaveProperty('command');
    expect(container(spec, 'b')).toMatchObject({ entrypoint: ['$${x}'], command: ['y'] });
  });

  test('settings of the image are replaced only where the spec has others', () => {
    const settings = { working_dir: '/${src}', user: '1000:1000', shm_size: 128 };
    const spec = { ...base, engine: { image: 'a', ...settings }, service_containers: [box('s', settings), box('t')] };
    for (const name of ['engine', 's']) {
      expect(container(spec, name)).toMatchObject({ working_dir: '/$${src}', user: '1000:1000', shm_size: 128 });
    }
    for (const key of ['working_dir', 'user', 'shm_size']) expect(container(spec, 't')).not.toHaveProperty(key);
  });

  test('all join the engine, whose host entries name them', () => {
    const spec = { ...base, containers: [box('a')], service_containers: [box('s')] };
    expect(container(spec)).toMatchObject({
      network_mode: 'mayfly',
      host: [
        { host: 'a', ip: '127.0.0.1' },
        { host: 's', ip: '127.0.0.1' },
      ],
    });
    for (const name of ['a', 's']) expect(container(spec, name).network_mode).toBe('container:${docker_container.engine.id}');
  });

  test('the variables that are drawn once are sensitive where they are keys', () => {
    const { variable } = stackOf(base);
    const sensitive = Object.entries(variable ?? {}).map(([name, { sensitive }]) => [name, sensitive ?? false]);
    expect(Object.fromEntries(sensitive)).toEqual({
      remote_key: true,
      self_key: true,
      run_id: false,
      group_id: false,
      origin: false,
      until: false,
      asks: false,
      dispatcher: false,
      spec_name: false,
      runner: false,
    });
  });

  test('ports are published in ascending order, as the provider reads them back; each output refers to its own', () => {
    const stack = stackOf({
      ...base,
      engine: { image: 'alpine:3.20', port: 8080 },
      ports: [
        { name: 'web', port: 9090 },
        { name: 'db', port: 700, host: 15_432 },
      ],
    });
    expect(stack.resource!['docker_container']!['engine']!.ports).toEqual([
      { external: 15_432, internal: 700, ip: '127.0.0.1' },
      { internal: 8080, ip: '127.0.0.1' },
      { internal: 9090, ip: '127.0.0.1' },
    ]);
    expect(stack.output!['access']!.value).toMatchObject({ port: '${docker_container.engine.ports[1].external}' });
    expect(stack.output!['ports']).toEqual({
      value: {
        web: '127.0.0.1:${docker_container.engine.ports[2].external}',
        db: '127.0.0.1:${docker_container.engine.ports[0].external}',
      },
    });
    expect(stackOf(base).output).not.toHaveProperty('ports');
  });

  test('a source is a path, or an overlay whose layers are volumes of the worker', () => {
    const mounts = [
      { source: '/a', mount_point: '/a', read_only: true },
      { source: '/b', mount_point: '/b', copy_on_write: true },
    ];
    const stack = stackOf({ ...base, containers: [box('test', { storage: 70, mounts })] });
    expect(stack.resource!['docker_container']!['test']!.volumes).toEqual([
      { container_path: '/a', host_path: '/a', read_only: true },
      { container_path: '/b', volume_name: '${docker_volume.test_1.name}' },
    ]);
    const volumes = stack.resource!['docker_volume']!;
    expect(Object.keys(volumes)).toEqual(['test_1_upper', 'test_1_work', 'test_1']);
    expect(volumes['test_1']!.driver_opts).toEqual({
      type: 'overlay',
      device: 'overlay',
      o: 'lowerdir=/b,upperdir=${docker_volume.test_1_upper.mountpoint},workdir=${docker_volume.test_1_work.mountpoint}',
    });
    const labelled = (id: string) =>
      (volumes[id]!.labels as { label: string; value: string }[]).find(({ label }) => label === 'dev.mayfly.storage');
    expect([labelled('test_1_upper')?.value, labelled('test_1')]).toEqual(['70', undefined]);
  });

  test('cpu is a share, with a limit where the spec sets one; a request has limits only', () => {
    const spec = { ...base, cpu: 500, containers: [box('a', { cpu: 1500, cpu_limit: 2000 })] };
    expect(container(spec)).toMatchObject({ cpu_shares: 512 });
    expect(container(spec)).not.toHaveProperty('cpus');
    expect(container(spec, 'a')).toMatchObject({ cpu_shares: 1536, cpus: '2.0' });
    const { engine: _none, ...request } = { ...spec, version: '0.11.0', containers: [box('a', { cpu: 1500 })] } as Record<string, unknown>;
    for (const [name, cpus] of [
      ['engine', '0.5'],
      ['a', '1.5'],
    ] as const) {
      expect(container(request, name)).toMatchObject({ cpus });
      expect(container(request, name)).not.toHaveProperty('cpu_shares');
    }
  });

  test('sizes are limited where the daemon can', () => {
    const spec = { ...base, volumes: [{ name: 'v', storage: 10 }] };
    expect(stackOf(spec, 'docker', true).resource!['docker_volume']!['v']).toMatchObject({ driver_opts: { size: '10M' } });
    expect(stackOf(spec).resource!['docker_volume']!['v']).not.toHaveProperty('driver_opts');
  });
});

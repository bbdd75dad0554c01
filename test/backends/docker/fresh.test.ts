import { expect, test } from 'vitest';
import type { ContainerInspect } from '../../../src/backends/docker/api-types.js';
import { freshBody } from '../../../src/backends/docker/fresh.js';

const stopped = (labels: Record<string, string>) =>
  ({
    Id: '4f5e',
    Image: 'sha256:ab',
    Config: {
      ...{ Env: ['A=b'], User: '1000', WorkingDir: '/src', Cmd: ['serve'], Entrypoint: ['run'] },
      Labels: {
        ...{ 'dev.mayfly.worker': 'ci', 'dev.mayfly.address': 'docker_container.test', 'dev.mayfly.lifetime': '900' },
        ...{ 'dev.mayfly.max_lifetime': '1800', 'dev.mayfly.storage': '100', 'dev.mayfly.once': 'true', 'com.example.other': 'x' },
        ...labels,
      },
    },
    HostConfig: {
      ...{
        Memory: 64,
        MemorySwap: 64,
        MemoryReservation: 0,
        NanoCpus: 5,
        CpuShares: 50,
        ShmSize: 7,
        SecurityOpt: ['no-new-privileges:true'],
      },
      ...{
        NetworkMode: 'container:77',
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        LogConfig: { Type: 'json-file', Config: null },
      },
    },
  }) as unknown as ContainerInspect;

test('the body of a fresh container: image, settings, limits and volumes of the stopped one, waiting, without a network', () => {
  expect(freshBody('fresh_1', stopped({}))).toEqual({
    ...{ Image: 'sha256:ab', Env: ['A=b'], User: '1000', WorkingDir: '/src', Healthcheck: { Test: ['NONE'] } },
    ...{ Entrypoint: ['sh', '-c'], Cmd: ["trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"] },
    Labels: {
      ...{ 'dev.mayfly.worker': 'ci', 'dev.mayfly.address': 'docker_container.fresh_1', 'dev.mayfly.lifetime': '900' },
      ...{ 'dev.mayfly.max_lifetime': '1800', 'dev.mayfly.storage': '100' },
      ...{ 'dev.mayfly.exec': '', 'dev.mayfly.keeper': '', 'dev.mayfly.once': '' },
    },
    HostConfig: {
      ...{
        Memory: 64,
        MemorySwap: 64,
        MemoryReservation: 0,
        NanoCpus: 5,
        CpuShares: 50,
        ShmSize: 7,
        SecurityOpt: ['no-new-privileges:true'],
      },
      ...{ LogConfig: { Type: 'json-file', Config: null }, NetworkMode: 'none', Init: true, VolumesFrom: ['4f5e'] },
    },
  });
});

test('the socket of an engine is hidden', () => {
  expect(freshBody('fresh_1', stopped({ 'dev.mayfly.exec': '/run/mayfly/ci' }))).toMatchObject({
    Labels: { 'dev.mayfly.exec': '' },
    HostConfig: { Mounts: [{ Type: 'tmpfs', Target: '/run/mayfly' }] },
  });
});

import { randomBytes } from 'node:crypto';
import { MayflyError } from '../../errors.js';
import { type Labels, labelKeys } from '../../labels.js';
import { idle } from '../../spec/engine-defaults.js';
import type { ContainerInspect } from './api-types.js';
import { EngineError, type HttpClient } from './http-client.js';
import { freshId, objectName, socketDirectory } from './names.js';
import { blankLabels, workersKeys } from './own-objects.js';

/** Labels that a fresh container shares with the stopped one. */
const shared = [...workersKeys, labelKeys.storage];

/**
 * Starts a fresh container of a stopped one, which only waits. Its volumes are those of the stopped container, by the daemon: it refuses
 * where that container is removed meanwhile, and makes no volume again. It has no network, since all services are stopped.
 *
 * @returns its id
 */
export async function startFresh(http: HttpClient, worker: string, stopped: ContainerInspect): Promise<string> {
  const id = freshId(randomBytes(4).toString('hex'));
  const query = { name: objectName(worker, id) };
  const { Id } = await http.json<{ Id: string }>('POST', '/containers/create', { query, body: freshBody(id, stopped) });
  try {
    await http.text('POST', `/containers/${Id}/start`);
  } catch (error) {
    await http.text('DELETE', `/containers/${Id}`, { query: { force: true } });
    throw hasNoShell(error) ? noShell() : error;
  }
  return Id;
}

function hasNoShell(error: unknown): boolean {
  return error instanceof EngineError && /executable file not found|no such file or directory/.test(error.message);
}

function noShell(): MayflyError {
  return new MayflyError('backend_refused', {
    cause: 'its image has no `sh`, and a fresh container needs one to wait for the command',
    remedy: 'read its files with `mayfly cp`',
  });
}

/** The body of the create call. `id`: that of its address. Pure. */
export function freshBody(id: string, { Id, Image, Config, HostConfig }: ContainerInspect): Record<string, unknown> {
  const { Memory, MemorySwap, MemoryReservation, NanoCpus, CpuShares, ShmSize, StorageOpt, SecurityOpt, LogConfig } = HostConfig;
  const { Env, User, WorkingDir } = Config;
  const own = Config.Labels ?? {};
  const isEngineWithSocket = Boolean(own[labelKeys.exec]);
  return {
    ...{ Image, Env, User, WorkingDir, Entrypoint: idle.entrypoint, Cmd: idle.command, Healthcheck: { Test: ['NONE'] } },
    Labels: { ...blankLabels, ...pick(own, shared), [labelKeys.address]: `docker_container.${id}` },
    HostConfig: {
      ...{ Memory, MemorySwap, MemoryReservation, NanoCpus, CpuShares, ShmSize, StorageOpt, SecurityOpt, LogConfig },
      ...{ NetworkMode: 'none', Init: true, VolumesFrom: [Id] },
      // The engine's socket serves the stopped worker only.
      ...(isEngineWithSocket && { Mounts: [{ Type: 'tmpfs', Target: socketDirectory }] }),
    },
  };
}

function pick(labels: Labels, keys: readonly string[]): Labels {
  return Object.fromEntries(keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
}

import { chmod, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { engineName } from '../../spec/worker-spec.js';
import { below } from '../../state/below.js';
import { isOurs, makePrivate } from '../../state/private-path.js';
import { dialAny } from '../../state/private-socket.js';
import type { EngineSockets, ServedSocket } from '../ports/engine-sockets.js';
import type { OwnedObject } from '../ports/owned-object.js';
import type { EngineInfo, VolumeInspect } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import { daemonDirectory } from './exec-place.js';
import type { HttpClient } from './http-client.js';
import { listContainers } from './objects.js';
import { isExecPlace, ownVolume } from './own-objects.js';
import { dockerFacts, execDirectory } from './names.js';

export interface ExecSocketOptions {
  http: HttpClient;
  endpoint: Endpoint;
  clock: Clock;
  /** Root of all socket directories. Nothing outside of it is served, made or removed, whatever a label holds. */
  execRoot: string;
}

/** Sockets, with a sweep of directories that a killed command has left. */
interface SweptSockets extends EngineSockets {
  /** Removes directories of workers that are not in `living`. */
  sweep(living: ReadonlySet<string>): Promise<void>;
}

/** Age in milliseconds after which the directory of an unlisted worker is removed. */
const sweptAfter = 3600_000;

const socketName = 'docker.sock';
const engineAddress = `docker_container.${engineName}`;

/** The sockets of workers whose engines run commands in their containers: in a directory of this machine, or in a volume. */
export function execSockets({ http, endpoint, clock, execRoot }: ExecSocketOptions): SweptSockets {
  const isOurDirectory = (path: string) => isOurs(execRoot, dirname(execRoot), 'sockets') && isOurs(path, execRoot, 'guarded');
  // A worker's directory is in a daemon's directory.
  const isPlace = (place: string) => /^(?!\.\.)[^/]+\/[^/]+$/.test(relative(execRoot, place));

  return {
    placeFor: (offer, worker) => execDirectory(dockerFacts(offer), worker),
    placeOf: (objects) => objects.find(({ address }) => address === engineAddress)?.labels.exec ?? null,

    async serve(worker, place, log) {
      if (!isExecPlace(worker, place))
        throw new MayflyError('backend_refused', { cause: `${JSON.stringify(place)} is not a valid place for ${worker}'s socket` });
      // A socket in a volume is served on the daemon's machine, by the keeper inside it. The same path on this machine is another volume.
      if (!isAbsolute(place) && !endpoint.local) return null;
      const directory = isAbsolute(place) ? place : await mountpointOf(http, place, worker);
      if (isAbsolute(place)) {
        if (!isPlace(place)) throw new MayflyError('backend_refused', { cause: `${place} is not below ${execRoot}: it is another user's` });
        // The parent directories are private. The engine has the directory itself mounted, whichever user it runs as.
        makePrivate(execRoot, dirname(execRoot), 'sockets');
        makePrivate(dirname(directory), execRoot, 'guarded');
        if (await mkdir(directory, { recursive: true, mode: 0o755 })) await chmod(directory, 0o755);
      }
      const path = join(directory, socketName);
      if (await answers(path)) return null;
      const containers = async () => (await listContainers(http, worker)).filter(isExecutor).map(({ id, name }) => ({ id, name }));
      // Loaded late: only keepers that serve a socket need it.
      const { serveScopedExec } = await import('./scoped-exec/index.js');
      const server = await serveScopedExec({ endpoint, path, containers, clock, log });
      const { ino } = await stat(path);
      return {
        close: () => server.close(),
        isThere: async () => (await stat(path).catch(() => null))?.ino === ino,
      } satisfies ServedSocket;
    },

    async sweep(living) {
      const directory = daemonDirectory(execRoot, await http.json<EngineInfo>('GET', '/info'), endpoint);
      // A directory of another user holds nothing of ours.
      if (!isOurDirectory(directory)) return;
      for (const worker of await readdir(directory).catch(() => [])) {
        const place = below(directory, worker);
        const { mtimeMs } = (await stat(place).catch(() => null)) ?? { mtimeMs: Infinity };
        // A worker that is being made is in no list yet.
        const isOld = mtimeMs < clock.now() - sweptAfter;
        if (isOld && !living.has(worker)) await forget(place);
      }
    },

    forget,
  };

  async function forget(place: string): Promise<void> {
    // A served socket is removed by its keeper. A new worker of this name may use the directory.
    if (!isPlace(place) || !isOurDirectory(dirname(place)) || (await answers(join(place, socketName)))) return;
    await rm(place, { recursive: true, force: true });
    // The daemon's directory is removed with its last worker; rmdir fails if it is not empty.
    await rmdir(dirname(place)).catch(() => {});
  }
}

function isExecutor({ address }: OwnedObject): boolean {
  return address !== engineAddress;
}

/** Path of a volume's files on the daemon's machine. A keeper inside the daemon can reach it. */
async function mountpointOf(http: HttpClient, volume: string, worker: string): Promise<string> {
  const { Name, Mountpoint, Labels } = await http.json<VolumeInspect>('GET', `/volumes/${volume}`);
  if (ownVolume(Name, Labels)?.worker === worker) return Mountpoint;
  throw new MayflyError('foreign_object', { cause: `the volume ${volume} does not belong to the worker ${worker}` });
}

/** Whether a process serves the socket. */
async function answers(path: string): Promise<boolean> {
  const socket = await dialAny(path);
  socket?.destroy();
  return socket !== null;
}

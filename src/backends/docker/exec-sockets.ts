import { chmod, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { execDirectory } from '../../spec/offer.js';
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

export interface ExecSocketOptions {
  http: HttpClient;
  endpoint: Endpoint;
  clock: Clock;
  /** Nothing outside of it is served, made or removed, whatever a label says. */
  execRoot: string;
}

/** With what a command that was killed has left of them. */
interface SweptSockets extends EngineSockets {
  /** Takes away what was made for workers that are none of the `living` ones. */
  sweep(living: ReadonlySet<string>): Promise<void>;
}

/** Milliseconds after which the directory of a worker that nobody knows is one that was left behind. */
const sweptAfter = 3600_000;

const socketName = 'docker.sock';
const engineAddress = `docker_container.${engineName}`;

/** The sockets of workers whose engines run commands in their containers: a directory of this machine's, or a volume's. */
export function execSockets({ http, endpoint, clock, execRoot }: ExecSocketOptions): SweptSockets {
  const isOurDirectory = (path: string) => isOurs(execRoot, dirname(execRoot), 'sockets') && isOurs(path, execRoot, 'guarded');
  // A directory of a worker, below one of its daemon.
  const isPlace = (place: string) => /^(?!\.\.)[^/]+\/[^/]+$/.test(relative(execRoot, place));

  return {
    placeFor: ({ facts }, worker) => execDirectory(facts, worker),
    placeOf: (objects) => objects.find(({ address }) => address === engineAddress)?.labels.exec ?? null,

    async serve(worker, place, log) {
      if (!isExecPlace(worker, place))
        throw new MayflyError('backend_refused', { cause: `${JSON.stringify(place)} is no place of ${worker}'s socket` });
      // A volume's is served on the daemon's own machine: by the keeper inside it. A path of the same name here would be another's.
      if (!isAbsolute(place) && !endpoint.local) return null;
      const directory = isAbsolute(place) ? place : await mountpointOf(http, place, worker);
      if (isAbsolute(place)) {
        if (!isPlace(place)) throw new MayflyError('backend_refused', { cause: `${place} is not below ${execRoot}: it is another user's` });
        // The way to it is ours alone; the engine, whoever it runs as, sees the directory itself.
        makePrivate(execRoot, dirname(execRoot), 'sockets');
        makePrivate(dirname(directory), execRoot, 'guarded');
        if (await mkdir(directory, { recursive: true, mode: 0o755 })) await chmod(directory, 0o755);
      }
      const path = join(directory, socketName);
      if (await answers(path)) return null;
      const containers = async () => (await listContainers(http, worker)).filter(isExecutor).map(({ id, name }) => ({ id, name }));
      // Loaded by the keepers that serve one, not by every command.
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
      // Nothing of ours is in a directory that another user made.
      if (!isOurDirectory(directory)) return;
      for (const worker of await readdir(directory).catch(() => [])) {
        const place = below(directory, worker);
        const { mtimeMs } = (await stat(place).catch(() => null)) ?? { mtimeMs: Infinity };
        // One that is about to be made is in no list yet.
        const isOld = mtimeMs < clock.now() - sweptAfter;
        if (isOld && !living.has(worker)) await forget(place);
      }
    },

    forget,
  };

  async function forget(place: string): Promise<void> {
    // Whoever serves it takes it away when the worker is gone; another life of it may have begun.
    if (!isPlace(place) || !isOurDirectory(dirname(place)) || (await answers(join(place, socketName)))) return;
    await rm(place, { recursive: true, force: true });
    // The daemon's own directory goes with its last worker: one that isn't empty stays.
    await rmdir(dirname(place)).catch(() => {});
  }
}

function isExecutor({ address }: OwnedObject): boolean {
  return address !== engineAddress;
}

/** Where a volume's files are; to be reached by whoever shares the daemon's machine, as a keeper inside it does. */
async function mountpointOf(http: HttpClient, volume: string, worker: string): Promise<string> {
  const { Name, Mountpoint, Labels } = await http.json<VolumeInspect>('GET', `/volumes/${volume}`);
  if (ownVolume(Name, Labels)?.worker === worker) return Mountpoint;
  throw new MayflyError('foreign_object', { cause: `the volume ${volume} is not one of ${worker}` });
}

/** Somebody serves it. */
async function answers(path: string): Promise<boolean> {
  const socket = await dialAny(path);
  socket?.destroy();
  return socket !== null;
}

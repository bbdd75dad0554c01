import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { ContainerFiles } from '../ports/sessions.js';
import type { ContainerInspect } from './api-types.js';
import { assertReplaceable, danglingLink } from '../shared/special-files.js';
import { idsOf, readText } from './container-user.js';
import { lookInto } from './looked-into.js';
import { type HttpClient, isStatus } from './http-client.js';
import { suspectsBelow } from './suspects.js';

/** The daemon's answer about a path: JSON in a base64 header, with Go's file modes. */
interface PathStat {
  mode: number;
  /** Final target of a link; empty for other files. */
  linkTarget: string;
}

const isDirectory = 2 ** 31;
const isLink = 2 ** 27;
/** Go's mode bits of special files. The first match counts, because a character device has the device bit too. */
const specials = [
  [2 ** 26, 'a device'],
  [2 ** 25, 'a FIFO'],
  [2 ** 24, 'a socket'],
  [2 ** 19, 'no file'],
] as const;

/** The number of paths about which the daemon is asked one by one. With more, the container lists its special files and links first. */
const fewPaths = 64;

/** A container's files, by the daemon's archive calls. The container need not run. */
export function containerFiles(http: HttpClient, id: string, { WorkingDir, User }: ContainerInspect['Config']): ContainerFiles {
  const archive = `/containers/${id}/archive`;
  const look = async (path: string, signal: AbortSignal): Promise<PathStat | null> => {
    try {
      const response = await http.stream('HEAD', archive, { query: { path }, signal });
      response.resume();
      return JSON.parse(Buffer.from(String(response.headers['x-docker-container-path-stat']), 'base64').toString('utf8')) as PathStat;
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  };
  const read = (path: string, signal: AbortSignal): Promise<Readable> => http.stream('GET', archive, { query: { path }, signal });
  return {
    workingDirectory: WorkingDir || '/',
    owner: (signal) => idsOf(User, (path) => readText(path, (given) => read(given, signal))),
    async stat(given, signal) {
      // `/.` and a trailing slash have special meanings for the daemon.
      const path = posix.resolve('/', given);
      const found = await look(path, signal);
      if (found === null) return null;
      if ((found.mode & isLink) === 0) return foundAt(path, found);
      const target = await look(found.linkTarget, signal);
      return target ? foundAt(found.linkTarget, target) : { path, directory: false, special: danglingLink };
    },
    read,
    async write(directory, given, signal) {
      const { entries, root, tar } = await lookInto(given);
      const absent = new Set<string>();
      let asked = 0;
      let suspects: Set<string> | null = null;
      for (const entry of entries((name) => !absent.has(posix.resolve(directory, name)))) {
        const path = posix.resolve(directory, entry.path);
        if (isWithin(path, absent) || (suspects && !isWithin(path, suspects))) continue;
        asked += 1;
        if (asked === fewPaths) suspects = await suspectsBelow(http, id, posix.resolve(directory, root), signal);
        const found = await look(path, signal);
        if (found === null) absent.add(path);
        else if ((found.mode & isLink) === 0) assertReplaceable(path, specialOf(found));
        else if (entry.file) assertReplaceable(path, 'a link');
      }
      await http.text('PUT', archive, {
        query: { path: directory, noOverwriteDirNonDir: true },
        upload: tar,
        headers: { 'Content-Type': 'application/x-tar' },
        signal,
      });
    },
  };
}

function foundAt(path: string, stat: PathStat): { path: string; directory: boolean; special?: string } {
  const special = specialOf(stat);
  return { path, directory: stat.mode >= isDirectory, ...(special !== undefined && { special }) };
}

function specialOf({ mode }: PathStat): string | undefined {
  // Go's bits are unsigned, so JavaScript's signed bit operators cannot be used.
  return specials.find(([bit]) => Math.floor(mode / bit) % 2 === 1)?.[1];
}

/** Whether a path or a directory above it is among `paths`. */
function isWithin(path: string, paths: ReadonlySet<string>): boolean {
  for (let above = path; above !== '/'; above = posix.dirname(above)) if (paths.has(above)) return true;
  return false;
}

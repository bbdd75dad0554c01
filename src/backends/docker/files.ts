import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { ContainerFiles } from '../ports/sessions.js';
import { assertReplaceable, danglingLink } from '../shared/special-files.js';
import { lookInto } from './looked-into.js';
import { type HttpClient, isStatus } from './http-client.js';

/** As the daemon has it in a header, in base64: Go's file modes. */
interface PathStat {
  mode: number;
  /** Where a link leads at last; empty for anything else. */
  linkTarget: string;
}

const isDirectory = 2 ** 31;
const isLink = 2 ** 27;
/** Go's bits of what is no file, first match wins: a device of characters is one too. */
const specials = [
  [2 ** 26, 'a device'],
  [2 ** 25, 'a FIFO'],
  [2 ** 24, 'a socket'],
  [2 ** 19, 'no file'],
] as const;

/** A container's files through the daemon's archives; it need not run. */
export function containerFiles(http: HttpClient, id: string): ContainerFiles {
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
  return {
    async stat(given, signal) {
      // The daemon gives `/.` and a last slash meanings of their own.
      const path = posix.resolve('/', given);
      const found = await look(path, signal);
      if (found === null) return null;
      if ((found.mode & isLink) === 0) return foundAt(path, found);
      const target = await look(found.linkTarget, signal);
      return target ? foundAt(found.linkTarget, target) : { path, directory: false, special: danglingLink };
    },
    read: (path, signal): Promise<Readable> => http.stream('GET', archive, { query: { path }, signal }),
    async write(directory, given, signal) {
      const { entries, tar } = await lookInto(given);
      const absent = new Set<string>();
      for (const entry of entries) {
        const path = posix.resolve(directory, entry.path);
        if (isBelow(path, absent)) continue;
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
  // Beyond 32 bits nothing is set, and Go's bits are those of an unsigned number.
  return specials.find(([bit]) => Math.floor(mode / bit) % 2 === 1)?.[1];
}

/** A directory above it is not there yet, so nothing is. */
function isBelow(path: string, absent: ReadonlySet<string>): boolean {
  for (let above = path; above !== '/'; above = posix.dirname(above)) if (absent.has(above)) return true;
  return false;
}

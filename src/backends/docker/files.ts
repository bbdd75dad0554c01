import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { ContainerFiles } from '../backend.js';
import { type HttpClient, isStatus } from './http-client.js';

/** As the daemon has it in a header, in base64: Go's file modes. */
interface PathStat {
  mode: number;
  /** Where a link leads at last; empty for anything else. */
  linkTarget: string;
}

const isDirectory = 2 ** 31;
const isLink = 2 ** 27;

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
      if ((found.mode & isLink) === 0) return { path, directory: found.mode >= isDirectory };
      const target = await look(found.linkTarget, signal);
      return target && { path: found.linkTarget, directory: target.mode >= isDirectory };
    },
    read: (path, signal): Promise<Readable> => http.stream('GET', archive, { query: { path }, signal }),
    async write(directory, tar, signal) {
      await http.text('PUT', archive, {
        query: { path: directory, noOverwriteDirNonDir: true },
        upload: tar,
        headers: { 'Content-Type': 'application/x-tar' },
        signal,
      });
    },
  };
}

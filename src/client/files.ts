import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { ContainerFiles } from '../backends/ports/sessions.js';
import { type Connection, send, unreachable } from './http.js';
import { open } from './open.js';

const statReply = z.object({ path: z.string(), directory: z.boolean(), special: z.string().optional() }).nullable();
const containerReply = z.object({ working_directory: z.string(), owner: z.object({ uid: z.number(), gid: z.number() }).nullable() });

/** The files of a container of a run's worker, through the service. Every method throws as `send` does. */
export async function filesInRun(connection: Connection, run: string, container: string): Promise<ContainerFiles> {
  const base = `v1/runs/${encodeURIComponent(run)}/files`;
  const containerOf = (query: Record<string, string>) =>
    send(connection, { method: 'GET', path: `${base}/container`, query: { container, ...query }, reply: containerReply });
  const { working_directory } = await containerOf({});
  const urlOf = (path: string) => new URL(`${base}?${new URLSearchParams({ container, path })}`, connection.server);
  return {
    workingDirectory: working_directory,
    owner: async () => (await containerOf({ owner: 'true' })).owner,
    async stat(path, signal) {
      const found = await send(
        { ...connection, signal },
        { method: 'GET', path: `${base}/stat`, query: { container, path }, reply: statReply },
      );
      return found && { path: found.path, directory: found.directory, ...(found.special !== undefined && { special: found.special }) };
    },
    async read(path, signal) {
      const answer = await open(connection, 'GET', urlOf(path), signal, (request) => request.end());
      const tar = new PassThrough();
      answer.on('error', (error) => {
        tar.destroy(
          signal.aborted ? (signal.reason as Error) : unreachable(connection, 'the connection broke before the copy was complete', error),
        );
      });
      // A reader that stops ends the answer.
      return answer.pipe(tar).once('close', () => answer.destroy());
    },
    async write(directory, tar, signal) {
      const answer = await open(connection, 'PUT', urlOf(directory), signal, (request) => {
        request.setHeader('content-type', 'application/x-tar');
        return pipeline(tar, request);
      });
      answer.resume();
    },
  };
}

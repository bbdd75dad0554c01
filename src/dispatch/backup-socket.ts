import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import * as z from 'zod';
import { type ErrorCode, errorCodes, MayflyError, toMayflyError } from '../errors.js';
import { linesOf } from '../lines.js';
import { dialOwn, listenIn, removeLeftSocket } from '../state/private-socket.js';
import type { Store } from './store/store.js';

/*
 * A socket in the service's directory, which only its user can reach. `mayfly serve backup` sends a line of JSON with the file's path, and gets
 * one when the copy is complete: no other process can read the database of a running service.
 */

const socketName = 'backup.sock';
const longestLine = 65_536;

const request = z.object({ file: z.string() });
const reply = z.object({
  /** `null`: the backup is complete. */
  error: z
    .object({
      code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
      file: z.string(),
      cause: z.string(),
      remedy: z.string(),
    })
    .nullable(),
});
type Reply = z.infer<typeof reply>;

export interface BackupRequests {
  close(): void;
}

/** Takes requests for backups until closed. The caller holds the lock of the directory. */
export async function takeBackupRequests(directory: string, store: Pick<Store, 'backup'>): Promise<BackupRequests> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    answer(socket, store).catch(() => socket.destroy());
  });
  removeLeftSocket(join(directory, socketName));
  await listenIn(server, directory, socketName, 0o600);
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function answer(socket: Socket, store: Pick<Store, 'backup'>): Promise<void> {
  for await (const line of linesOf(socket, longestLine)) {
    const { file } = request.parse(JSON.parse(line));
    const error = await store.backup(file).then(() => null, toMayflyError);
    const answer: Reply = {
      error: error && { code: error.code, file: error.place?.file ?? file, cause: error.message, remedy: error.remedy ?? '' },
    };
    socket.end(`${JSON.stringify(answer)}\n`);
  }
}

/**
 * Asks the running service of a directory for a backup.
 *
 * @param file absolute
 * @returns `false`: no service runs
 * @throws MayflyError the service's own, or `interrupted` if it ended meanwhile
 */
export async function askForBackup(directory: string, file: string): Promise<boolean> {
  const socket = await dialOwn(join(directory, socketName));
  if (!socket) return false;
  socket.write(`${JSON.stringify({ file })}\n`);
  for await (const line of linesOf(socket, longestLine)) {
    const { error } = reply.parse(JSON.parse(line));
    if (!error) return true;
    throw new MayflyError(error.code, { place: { file: error.file }, cause: error.cause, remedy: error.remedy });
  }
  throw new MayflyError('interrupted', {
    place: { file },
    cause: 'the service ended before the backup was complete',
    remedy: 'run the command again',
  });
}

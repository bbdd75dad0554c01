import { pipeline } from 'node:stream/promises';
import type { Streams } from '../backend.js';
import { Demultiplexer } from './frames.js';
import type { HttpClient } from './http-client.js';

/** Older daemons say 126 of a command that is not there, where shells and newer ones say 127. */
const notFound = /^OCI runtime exec failed: .*(executable file not found|no such file or directory)/;

/** Runs a command in a container, streams apart. @returns its exit code. */
export async function execIn(http: HttpClient, id: string, command: string[], streams: Streams, signal?: AbortSignal): Promise<number> {
  const { Id } = await http.json<{ Id: string }>('POST', `/containers/${id}/exec`, {
    body: { Cmd: command, AttachStdin: streams.stdin !== null, AttachStdout: true, AttachStderr: true, Tty: false },
    signal,
  });
  const socket = await http.hijack('POST', `/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
  let head: string | undefined;
  const abort = () => socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    // The command may end without reading all of its input.
    if (streams.stdin) void pipeline(streams.stdin, socket).catch(() => {});
    const output = socket.pipe(new Demultiplexer(streams.stderr));
    socket.on('error', (error) => output.destroy(error));
    socket.on('close', () => output.end());
    for await (const chunk of output as AsyncIterable<Buffer>) {
      head ??= chunk.toString('utf8', 0, 1024);
      if (!streams.stdout.write(chunk)) await new Promise<void>((resolve) => streams.stdout.once('drain', resolve));
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
  signal?.throwIfAborted();
  const { ExitCode } = await http.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`);
  return ExitCode === 126 && notFound.test(head ?? '') ? 127 : (ExitCode ?? 0);
}

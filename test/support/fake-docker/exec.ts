import { type Exchange, frame, Refusal, type Route } from './http.js';
import { findContainer } from './lookup.js';
import { type ExecResult, type FakeContainer, type FakeExec, type FakeState, newId } from './state.js';

interface ExecRequest {
  Env?: string[] | null;
  Cmd?: string[];
  Tty?: boolean;
  AttachStdin?: boolean;
}

export function execRoutes(state: FakeState): Route[] {
  const find = (id = ''): FakeExec => {
    const exec = state.execs.get(id);
    if (!exec) throw new Refusal(404, `No such exec instance: ${id}`);
    return exec;
  };
  return [
    [
      'POST',
      /^\/containers\/([^/]+)\/exec$/,
      ({ params, body }) => {
        const container = findContainer(state, params[0] ?? '');
        if (container.status !== 'running') throw new Refusal(409, `Container ${container.id} is not running`);
        const { Cmd = [], Env, Tty = false, AttachStdin = false } = body as ExecRequest;
        if (Cmd.length === 0) throw new Refusal(400, 'No exec command specified');
        const exec: FakeExec = {
          id: newId(),
          container: container.id,
          command: Cmd,
          env: Env ?? [],
          tty: Tty,
          stdin: AttachStdin,
          exitCode: null,
          running: false,
        };
        state.execs.set(exec.id, exec);
        return { status: 201, body: { Id: exec.id } };
      },
    ],
    [
      'GET',
      /^\/exec\/([^/]+)\/json$/,
      ({ params }) => {
        const { id, container, running, exitCode } = find(params[0]);
        return { status: 200, body: { ID: id, ContainerID: container, Running: running, ExitCode: exitCode, Pid: 0 } };
      },
    ],
    [
      'POST',
      /^\/exec\/([^/]+)\/resize$/,
      ({ params, query }) => {
        const exec = find(params[0]);
        if (!exec.running) throw new Refusal(409, `cannot resize a stopped exec: ${exec.id}`);
        exec.size = `${query.get('h')}x${query.get('w')}`;
        return { status: 200 };
      },
    ],
    ['POST', /^\/exec\/([^/]+)\/start$/, (x) => run(state, find(x.params[0]), x)],
  ];
}

async function run(state: FakeState, exec: FakeExec, { res, hijacked, body }: Exchange): Promise<{ status: number } | undefined> {
  const container = state.containers.get(exec.container);
  if (container?.status !== 'running') throw new Refusal(409, `Container ${exec.container} is not running`);
  exec.running = true;
  hijacked?.socket.write(
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  const stdin = hijacked && exec.stdin ? await untilClosed(hijacked.socket, hijacked.head) : '';
  const root = await state.roots.get(container.id);
  const result =
    (await state.options.onExec({ container, command: exec.command, env: exec.env, stdin, root })) ?? byDefault(container, exec.command);
  exec.running = false;
  exec.exitCode = result.exitCode;
  if ((body as { Detach?: boolean }).Detach) return { status: 200 };
  const write = (stream: 'stdout' | 'stderr') =>
    result[stream] ? [exec.tty ? Buffer.from(result[stream]) : frame(stream, result[stream])] : [];
  const output = Buffer.concat([...write('stdout'), ...write('stderr')]);
  if (hijacked) hijacked.socket.end(output);
  else res?.writeHead(200, { 'content-type': 'application/vnd.docker.raw-stream' }).end(output);
  return undefined;
}

/** Who looks whether a port is listened on finds that every exposed one is; all else succeeds in silence. */
function byDefault(container: FakeContainer, command: string[]): ExecResult {
  if (!command.join(' ').includes('/proc/net/tcp')) return { exitCode: 0 };
  const lines = Object.keys(container.config.ExposedPorts ?? {}).map((port, i) => {
    const hex = Number.parseInt(port, 10).toString(16).toUpperCase().padStart(4, '0');
    return `   ${i}: 00000000:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n`;
  });
  return {
    exitCode: 0,
    stdout: `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n${lines.join('')}`,
  };
}

/** By events: an async iterator would destroy the socket at its end, and the answer is still to be written to it. */
function untilClosed(socket: NodeJS.ReadableStream, head: Buffer): Promise<string> {
  const chunks = [head];
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
    socket.once('end', () => resolve(Buffer.concat(chunks).toString()));
  });
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { channelProtocol, largestMessage, statusOf, type Status } from '../../../client/exec/channels.js';
import { MayflyError, toMayflyError } from '../../../errors.js';
import type { Log } from '../../../log.js';
import { beginCall } from '../../../worker/call.js';
import { execFresh } from '../../../worker/exec-fresh.js';
import { execInWorker } from '../../../worker/exec.js';
import type { Runtime } from '../../../worker/runtime.js';
import { parseBody } from '../../outside/body.js';
import type { Runs } from '../../runs.js';
import { toErrorDocument } from '../documents.js';
import { livingWorker, underOwnName } from '../../living-worker.js';
import { ownRun } from '../own-run.js';
import type { Upgrade } from '../upgrades.js';
import { type AskedCommand, commandIn, commandOf } from './asked.js';
import { CommandSocket } from './command-socket.js';

export interface ExecParts {
  runs: Pick<Runs, 'find'>;
  runtime: Runtime;
  log: Log;
}

/** Milliseconds that a client gets to read the last output and close. */
const closeTimeout = 600_000;

/** A command in a container of a run's worker, over a WebSocket that is framed as Kubernetes' exec. */
export function execUpgrade({ runs, runtime, log }: ExecParts): Upgrade {
  const server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: largestMessage, closeTimeout },
    handleProtocols: () => channelProtocol,
  });
  return {
    path: /^\/v1\/runs\/([^/?]+)\/exec(?:\?.*)?$/,
    protocol: 'websocket',
    scope: 'submit',
    async accept({ token, params: [id], request, connection, head }) {
      const place = livingWorker(await ownRun(runs, token, id));
      assertChannels(request);
      const asked = commandIn(new URL(request.url!, 'http://service').searchParams);
      const socket = await upgraded(server, request, connection, head);
      const run = async (command: AskedCommand) => statusOf(await execute(runtime, place, command, socket));
      const status = await (asked ? Promise.resolve(asked) : socket.firstText().then((text) => commandOf(parseBody(text))))
        .then(run)
        .catch((thrown: unknown) => {
          const error = toMayflyError(thrown);
          if (error.code === 'internal') log.warn({ err: thrown, run: id }, 'a command failed');
          return failureOf(error);
        });
      socket.end(underOwnName(status, place));
    },
  };
}

async function execute(runtime: Runtime, { node, worker }: ReturnType<typeof livingWorker>, asked: AskedCommand, socket: CommandSocket) {
  const { container, command, env, working_dir, user, stdin, tty, fresh, grace } = asked;
  const { stdout, stderr, terminal, stop, kill } = socket;
  if (!stdin) socket.stdin.destroy();
  const call = beginCall(runtime, { stop, abort: kill });
  const backend = await runtime.openNode(node);
  return (fresh ? execFresh : execInWorker)(call, backend, {
    ...{ worker, container, command },
    settings: { env, workingDir: working_dir, user },
    streams: { stdin: stdin ? socket.stdin : null, stdout, stderr, terminal: tty ? terminal : null },
    ending: { grace: grace * 1000, signal: () => socket.asked() },
  });
}

function failureOf(error: MayflyError): Status {
  return { metadata: {}, status: 'Failure', reason: error.code, message: error.message, code: error.httpStatus, ...toErrorDocument(error) };
}

/** Checked before, since the library answers other errors in its own form. @throws MayflyError `usage` */
function assertChannels({ headers }: IncomingMessage): void {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const wrong = [
    ...(offered.includes(channelProtocol) ? [] : [['Sec-WebSocket-Protocol', `does not offer ${channelProtocol}`] as const]),
    ...(headers['sec-websocket-version'] === '13' ? [] : [['Sec-WebSocket-Version', 'is not 13'] as const]),
    ...(/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') ? [] : [['Sec-WebSocket-Key', 'is no key'] as const]),
  ];
  const [first] = wrong;
  if (first)
    throw new MayflyError('usage', { place: { path: first[0] }, cause: first[1], remedy: 'see docs/serve.md, Commands in a worker' });
}

function upgraded(server: WebSocketServer, request: IncomingMessage, connection: Duplex, head: Buffer): Promise<CommandSocket> {
  return new Promise((resolve) => {
    server.handleUpgrade(request, connection, head, (socket: WebSocket) => resolve(new CommandSocket(socket)));
  });
}

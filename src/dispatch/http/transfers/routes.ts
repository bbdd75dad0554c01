import { toMayflyError } from '../../../errors.js';
import type { Clock } from '../../../clock.js';
import type { RunPath } from '../../../tasks/files.js';
import type { Log } from '../../../log.js';
import type { Runs } from '../../runs.js';
import { stayingWorker } from '../../transfers/leases.js';
import type { Transfers } from '../../transfers/transfers.js';
import type { Token } from '../../store/store.js';
import { errorDocument, toErrorDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { type Route, route } from '../route.js';
import type { StreamBody } from '../streams/body.js';
import type { Streams } from '../streams/streams.js';
import { newTransferDocument, type TransferLine } from './documents.js';

export interface TransferRouteParts {
  runs: Pick<Runs, 'find'>;
  transfers: Transfers;
  streams: Streams;
  clock: Clock;
  log: Log;
}

const lines = 'application/x-ndjson';
/** Milliseconds between two lines of a transfer that goes on. */
const heartbeat = 10_000;

/** Files between the workers of runs. The bytes do not pass through the client. */
export function transferRoutes({ runs, transfers, streams, clock, log }: TransferRouteParts): readonly Route[] {
  const assertLives = async (token: Token, { run }: RunPath) => void stayingWorker(await ownRun(runs, token, run));
  return [
    route({
      method: 'post',
      path: '/v1/transfers',
      summary:
        'Copy a file or a tree from a container of a run to a container of another one. The answer has a JSON object a line, and ends with the copy; it ends when the client goes',
      scope: 'submit',
      body: newTransferDocument,
      answerType: lines,
      replies: {
        400: errorDocument,
        401: errorDocument,
        403: errorDocument,
        404: errorDocument,
        409: errorDocument,
        410: errorDocument,
        429: errorDocument,
      },
      async handle({ token, body: { from, to } }) {
        await assertLives(token, from);
        await assertLives(token, to);
        const { closed, release } = streams.admit(token, 'connection');
        const own = new AbortController();
        const copying = (write: (line: TransferLine) => void) =>
          transfers
            .copy(from, to, {
              signal: AbortSignal.any([closed, own.signal]),
              onAgain: (cause) => write({ type: 'again', cause }),
            })
            .then(
              (done) => write({ type: 'done', ...done }),
              (thrown: unknown) => {
                const error = toMayflyError(thrown);
                if (error.code === 'internal' && !closed.aborted && !own.signal.aborted)
                  log.warn({ err: thrown, from, to }, 'a transfer failed');
                write({ type: 'failed', ...toErrorDocument(error) });
              },
            );
        const close = () => {
          own.abort();
          release();
        };
        return { status: 200, stream: linesOf(copying, { clock, close }) };
      },
    }),
  ];
}

/** The lines that some work writes, until its end. */
function linesOf(
  work: (write: (line: TransferLine) => void) => Promise<void>,
  { clock, close }: { clock: Clock; close(): void },
): StreamBody {
  const written: string[] = [];
  let wake = new AbortController();
  let isOver = false;
  const write = (line: TransferLine) => {
    written.push(`${JSON.stringify(line)}\n`);
    wake.abort();
  };
  void work(write).finally(() => {
    isOver = true;
    wake.abort();
  });
  return {
    contentType: lines,
    async next() {
      if (written.length === 0 && !isOver) {
        wake = new AbortController();
        await clock.sleep(heartbeat, wake.signal).catch(() => {});
      }
      if (written.length === 0 && !isOver) write({ type: 'running' });
      return written.length === 0 ? null : written.splice(0).join('');
    },
    close() {
      wake.abort();
      close();
    },
  };
}

import { untilIdle } from '../../../support/idle.js';
import { afterTest } from '../../../support/temp-dir.js';
import type { Api } from '../scene.js';

export interface Stream {
  status: number;
  headers: Headers;
  /** All that has come by now. */
  text(): Promise<string>;
  /** Whether the service has ended it; `broken`: without its end. */
  end(): 'open' | 'ended' | 'broken';
  /** Goes away, as a client whose connection is closed. */
  leave(): Promise<void>;
}

/** Opens a stream of the API without sockets. `takes`: most pieces that the client takes. */
export async function openStream(
  { app, token }: Pick<Api, 'app' | 'token'>,
  path: string,
  { headers = {}, token: given = token, takes = Infinity }: { headers?: Record<string, string>; token?: string; takes?: number } = {},
): Promise<Stream> {
  const answer = await app.request(`http://127.0.0.1:7311${path}`, {
    headers: { host: '127.0.0.1:7311', accept: 'text/event-stream', authorization: `Bearer ${given}`, ...headers },
  });
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let received = '';
  let end: ReturnType<Stream['end']> = 'open';
  const take = async () => {
    for (let left = takes; left > 0; left -= 1) {
      const { done, value } = await reader.read();
      if (done) return void (end = 'ended');
      received += decoder.decode(value, { stream: true });
    }
  };
  take().catch(() => (end = 'broken'));
  const leave = () => reader.cancel().catch(() => {});
  afterTest(leave);
  await untilIdle();
  return {
    ...{ status: answer.status, headers: answer.headers, leave, end: () => end },
    async text() {
      await untilIdle();
      return received;
    },
  };
}

export interface Received {
  /** Ids of blocks with data, in order. */
  ids: number[];
  /** Types of the events of runs, in order. */
  types: string[];
}

/** The blocks of Server-Sent Events in a text; comments and blocks without data do not count. */
export function parsed(text: string): Received {
  const blocks = text
    .split('\n\n')
    .map((block) => new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)])));
  const own = blocks.filter((block) => block.has('data') && !block.has('event'));
  return {
    ids: own.map((block) => Number(block.get('id'))),
    types: own.map((block) => (JSON.parse(block.get('data')!) as { type: string }).type),
  };
}

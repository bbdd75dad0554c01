import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';

/** The body of a start request, as the real client 0.11.0 sends it. */
export const recorded = JSON.parse(readFileSync(new URL('../../spec/fixtures/request.json', import.meta.url), 'utf8')) as {
  mode: { distribution_secret_key: { key: string } };
  group_id: string;
} & Record<string, unknown>;

export interface Started {
  id: string;
  addresses: string[];
  port: number;
  key: string;
}

/** Where a client finds the API, as in its MELODIUM_API_URL and MELODIUM_API_TOKEN. */
export interface ClientSettings {
  url: string;
  token: string;
}

/**
 * Asks for a worker as the real client 0.11.0 was measured to: one start, whose answer must have status 200, then access after 1 s and every
 * 5 s as long as the status is 202. Any other status, and a connection that fails, is final.
 *
 * @returns `statuses`: of all answers
 */
export async function distribute(
  { url, token }: ClientSettings,
  request: object = recorded,
): Promise<{ statuses: number[]; started?: Started; error?: string[] }> {
  const statuses: number[] = [];
  const ask = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'user-agent': 'work-mel/0.11.0', authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    statuses.push(answer.status);
    const text = await answer.text();
    if (answer.status === 200 || (answer.status === 202 && method === 'GET')) return JSON.parse(text) as Record<string, unknown>;
    throw new Error(`API ${answer.status} response: ${text}`);
  };
  const { ok, error } = (await ask('POST', '/execution/run/start', request)) as { ok?: string; error?: string[] };
  if (ok === undefined) return { statuses, error: error! };
  await pause(1000);
  for (;;) {
    const answer = await ask('GET', `/execution/run/${ok}/access`);
    if (statuses.at(-1) === 200) return { statuses, ...answer };
    await pause(5000);
  }
}

/** Connects to the engine, once: the real client does not try again. */
export async function join({ addresses, port, key }: Started, ca: string, { mode, group_id: group } = recorded): Promise<TLSSocket> {
  const socket = connect({ host: addresses[0]!, port, ca });
  await once(socket, 'secureConnect');
  socket.write(`${JSON.stringify({ key, group })}\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if ((JSON.parse(String(answer)) as { key: string }).key !== mode.distribution_secret_key.key)
    throw new Error('the engine has another key');
  return socket;
}

/** Sends a text to the engine, and ends; returns what came back. */
export async function echo(socket: TLSSocket, text: string): Promise<string> {
  let received = '';
  socket.setEncoding('utf8').on('data', (data: string) => (received += data));
  socket.end(text);
  await once(socket, 'end');
  return received;
}

import { EngineError, type HttpClient, type RequestOptions } from '../../../src/backends/docker/http-client.js';

/** An answer: a body, a status from 400 on, or an error to throw. */
export type Reply = { body?: unknown } | { status: number; message?: string } | Error;

/** A daemon that replies as `answer` says. `calls` has every request: `DELETE /containers/a {"force":true}`. */
export function recordingHttp(
  answer: (call: string) => Reply | undefined,
  podman = '',
): { http: HttpClient; calls: string[]; bodies: unknown[] } {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const request = (method: string, path: string, { query, body }: RequestOptions = {}): Promise<unknown> => {
    const call = [method, path, ...(query ? [JSON.stringify(query)] : [])].join(' ');
    calls.push(call);
    if (body !== undefined) bodies.push(body);
    const reply = answer(call) ?? {};
    if (reply instanceof Error) return Promise.reject(reply);
    if ('status' in reply) return Promise.reject(new EngineError(reply.status, reply.message ?? 'no', call));
    return Promise.resolve(reply.body ?? {});
  };
  return { http: { podman, json: request, text: request } as unknown as HttpClient, calls, bodies };
}

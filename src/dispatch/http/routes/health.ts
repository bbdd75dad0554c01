import * as z from 'zod';
import { route, type Route } from '../route.js';

/** For whoever watches the service. `ready`: whether it takes requests. */
export function healthRoutes(ready: () => boolean): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      summary: 'The process lives',
      scope: null,
      replies: { 200: z.string() },
      handle: () => Promise.resolve({ status: 200, body: 'ok\n' }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      summary: 'It takes requests',
      scope: null,
      replies: { 200: z.string(), 503: z.string() },
      handle: () => Promise.resolve(ready() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'starting\n' }),
    }),
  ];
}

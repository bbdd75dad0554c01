import * as z from 'zod';
import type { Metrics } from '../../metrics.js';
import { errorDocument } from '../documents.js';
import { route, type Route } from '../route.js';

export function metricsRoutes(metrics: Pick<Metrics, 'text'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/metrics',
      summary: 'Numbers for Prometheus',
      scope: 'read',
      replies: { 200: z.string(), 401: errorDocument, 403: errorDocument },
      handle: async ({ token }) => ({ status: 200, body: await metrics.text(token.organisation) }),
    }),
  ];
}

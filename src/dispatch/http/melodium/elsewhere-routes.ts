import * as z from 'zod';
import { melodiumApi } from '../../../spec/melodium.js';
import type { Elsewhere } from '../../elsewhere.js';
import type { Limits } from '../../limits.js';
import { errorDocument } from '../documents.js';
import { route, type Route } from '../route.js';
import { endedRequest, errorsReply, launchedRequest, refusalWithStatus, reportingReply, reportingRequest } from './documents.js';

const failed = { 400: errorsReply, 401: errorDocument, 403: errorDocument };
const done = z.object({});

/** Characters of a report that are stored. */
const mostStored = 4000;

/** Reports of clients about runs that they execute by themselves. */
export function elsewhereRoutes(elsewhere: Elsewhere, limits: Limits): Route[] {
  return [
    route({
      method: 'post',
      path: `${melodiumApi}/execution/report/request`,
      summary: 'Mélodium: the places for uploads of logs and the program; the service has none',
      scope: 'submit',
      body: reportingRequest,
      replies: { 200: reportingReply, ...failed },
      refusal: refusalWithStatus,
      handle({ body: { run_id, group_id } }) {
        return Promise.resolve({ status: 200, body: { run_id, group_id, dashboard: null, logs: null, debug: null, program: null } });
      },
    }),
    route({
      method: 'post',
      path: `${melodiumApi}/execution/run/launched`,
      summary: 'Mélodium: a declared run has begun elsewhere, or could not begin',
      scope: 'submit',
      body: launchedRequest,
      replies: { 200: done, 404: errorsReply, 429: errorsReply, ...failed },
      refusal: refusalWithStatus,
      async handle({ token: { organisation }, body: { run_id, response } }) {
        limits.count(organisation);
        const errors = 'error' in response ? firstOf(response.error) : null;
        const report = { type: 'launched', data: errors ? { errors } : {}, state: errors ? 'failed' : null } as const;
        await elsewhere.report(organisation, run_id, report);
        return { status: 200, body: {} };
      },
    }),
    route({
      method: 'post',
      path: `${melodiumApi}/execution/run/ended`,
      summary: 'Mélodium: a declared run has ended elsewhere',
      scope: 'submit',
      body: endedRequest,
      replies: { 200: done, 404: errorsReply, 429: errorsReply, ...failed },
      refusal: refusalWithStatus,
      async handle({ token: { organisation }, body: { run_id, result } }) {
        limits.count(organisation);
        const isFailure = 'failure' in result;
        const texts = firstOf((isFailure ? result.failure : result.success) ?? []);
        const report = { type: 'ended', data: texts.length > 0 ? { texts } : {}, state: isFailure ? 'failed' : 'completed' } as const;
        await elsewhere.report(organisation, run_id, report);
        return { status: 200, body: {} };
      },
    }),
  ];
}

/** The first texts, with `mostStored` characters together. */
function firstOf(texts: readonly string[]): string[] {
  let left = mostStored;
  return texts.flatMap((text) => {
    const first = text.slice(0, left);
    left -= first.length;
    return first === '' ? [] : [first];
  });
}

import * as z from 'zod';
import type { Dispatcher } from '../../dispatcher.js';
import type { Limits } from '../../limits.js';
import { movedRunDocument } from '../../moves/document.js';
import { loadOutside } from '../../outside/load.js';
import type { Policy } from '../../policy.js';
import type { Vault } from '../../secrets/vault.js';
import { errorDocument, runDocument, toRunDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { route, type Route } from '../route.js';

export interface MoveRouteParts {
  dispatcher: Dispatcher;
  policy: Policy;
  limits: Limits;
  vault: Vault;
}

const failed = { 401: errorDocument, 403: errorDocument, 409: errorDocument };

/** A document with its spec: each may have the size of a usual body. */
const largestImport = 2_097_152;

/** Runs on their way between two installations. */
export function moveRoutes({ dispatcher, policy, limits, vault }: MoveRouteParts): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/runs/:id/export',
      summary: 'Give a run to another installation: it is final here, and its worker lives on. A repeated request has the same answer',
      scope: 'admin',
      body: z.strictObject({ to: z.uuid().lowercase().meta({ description: '`installation` of GET /v1/nodes there' }) }),
      replies: { 200: movedRunDocument, 404: errorDocument, ...failed },
      async handle({ token, params, body }) {
        const { id } = await ownRun(dispatcher.runs, token, params['id']);
        return { status: 200, body: await dispatcher.exports.export(id, body.to) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs/import',
      summary: 'Take over a run that another installation has exported, with its living worker. A repeated request returns the run',
      scope: 'admin',
      largest: largestImport,
      body: z
        .strictObject({
          run: movedRunDocument,
          // See `newRunDocument`.
          spec: z.unknown().meta({ type: 'object', description: 'As it was submitted: its secrets are in no export' }),
        })
        .meta({ id: 'ImportedRun' }),
      replies: { 201: runDocument, 200: runDocument, 422: errorDocument, 429: errorDocument, 503: errorDocument, ...failed },
      async handle({ token: { organisation }, body: { run: document, spec } }) {
        limits.count(organisation);
        const { shown, sealed } = vault.split(loadOutside(spec, policy.rulesOf(organisation)).spec);
        const { run, created } = await dispatcher.imports.import({ organisation, document, spec: shown, secrets: sealed });
        return { status: created ? 201 : 200, body: toRunDocument(run) };
      },
    }),
  ];
}

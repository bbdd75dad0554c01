import { v4 } from 'uuid';
import * as z from 'zod';
import { melodiumApi } from '../../../spec/melodium.js';
import type { StateLayout } from '../../../state/layout.js';
import type { Dispatcher } from '../../dispatcher.js';
import type { Limits } from '../../limits.js';
import { loadOutside } from '../../outside/load.js';
import type { Policy } from '../../policy.js';
import type { Vault } from '../../secrets/vault.js';
import type { Store } from '../../store/store.js';
import { errorDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { parseInput } from '../input.js';
import { type Reply, route, type Route } from '../route.js';
import { accessOf } from './access.js';
import { elsewhereRoutes } from './elsewhere-routes.js';
import { accessReply, declaration, errorsReply, refusal, refusalWithStatus, startReply } from './documents.js';

export interface MelodiumParts {
  dispatcher: Dispatcher;
  store: Store;
  layout: StateLayout;
  policy: Policy;
  limits: Limits;
  vault: Vault;
}

const failed = { 401: errorDocument, 403: errorDocument };

/** Fields of a request that become labels of its run. */
const labelled = ['id', 'organization_id', 'group_id', 'parent_id'] as const;

function labelsOf(request: Partial<Record<(typeof labelled)[number], string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(labelled.flatMap((field) => (request[field] == null ? [] : [[field, request[field]]])));
}

/** The client executes the run by itself. */
function isDeclared(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'local_exec' in body && body.local_exec === true;
}

/** Mélodium's Services API, as its client 0.11.0 uses it. */
export function melodiumRoutes({ dispatcher, store, layout, policy, limits, vault }: MelodiumParts): Route[] {
  const declare = async (organisation: string, body: unknown): Promise<Reply> => {
    const asked = parseInput(declaration, body, 'body');
    const id = asked.id ?? v4();
    const labels = labelsOf({ ...asked, organization_id: organisation });
    if (await dispatcher.elsewhere.declare({ id, organisation, labels })) return { status: 200, body: { ok: id } };
    return { status: 409, body: { error: [`${id}: a run has this id already`] } };
  };
  return [
    route({
      method: 'post',
      path: `${melodiumApi}/execution/run/start`,
      summary: 'Mélodium: queue a run, or get the reasons why it cannot be one',
      scope: 'submit',
      body: z.unknown().meta({ type: 'object', description: 'A worker request' }),
      replies: { 200: startReply, 409: errorsReply, ...failed },
      refusal,
      async handle({ token: { organisation }, body }) {
        limits.count(organisation);
        if (isDeclared(body)) return declare(organisation, body);
        const { spec } = loadOutside(body, policy.rulesOf(organisation));
        const { shown, sealed } = vault.split(spec);
        const { run } = await dispatcher.intake.submit({
          ...{ organisation, spec: shown, secrets: sealed, priority: 500, bodyHash: vault.digest(JSON.stringify(body)) },
          labels: labelsOf(spec),
        });
        return { status: 200, body: { ok: run.id } };
      },
    }),
    route({
      method: 'get',
      path: `${melodiumApi}/execution/run/:id/access`,
      summary: 'Mélodium: how to reach the engine of a run; 202 while its worker is not ready',
      scope: 'read',
      replies: { 200: accessReply, 202: z.object({}), 404: errorsReply, ...failed },
      refusal: refusalWithStatus,
      async handle({ token, params }) {
        const run = await ownRun(dispatcher.runs, token, params['id']!);
        const access = await accessOf(run, await store.attempts(run.id), layout);
        return access ? { status: 200, body: access } : { status: 202, body: {} };
      },
    }),
    ...elsewhereRoutes(dispatcher.elsewhere, limits),
  ];
}

import * as z from 'zod';
import type { Allocation } from '../../../tasks/allocations/allocation.js';
import type { Dispatcher } from '../../dispatcher.js';
import type { Limits } from '../../limits.js';
import type { Vault } from '../../secrets/vault.js';
import type { Store, Token } from '../../store/store.js';
import { allocationDocument, newAllocationDocument, renewalDocument, toAllocationDocument } from '../allocation-documents.js';
import { errorDocument } from '../documents.js';
import { fleetEventDocument, toFleetEventDocument } from '../fleet-documents.js';
import { ownAllocation } from '../own-allocation.js';
import { ownFleet } from '../own-fleet.js';
import { route, type Route } from '../route.js';

export interface AllocationRouteParts {
  dispatcher: Dispatcher;
  store: Pick<Store, 'allocations'>;
  limits: Limits;
  vault: Vault;
}

const failed = { 400: errorDocument, 401: errorDocument, 403: errorDocument };
const found = { 404: errorDocument, ...failed };

/** The most events of one answer. */
const mostEvents = 1000;

/** Resources of a fleet's worker, held for tasks. */
export function allocationRoutes({ dispatcher, store, limits, vault }: AllocationRouteParts): Route[] {
  const { fleets } = dispatcher;
  const { allocations, allocationCommands: commands } = dispatcher.tasks;
  const own = (token: Token, id: string | undefined) => ownAllocation(allocations, token, id);
  const stateOf = (fleet: string) => ({
    refused: fleets.refusedOf(fleet),
    starting: fleets.runsOf(fleet).filter(({ state }) => state !== 'running' && state !== 'ending').length,
  });
  const show = (allocation: Allocation) => toAllocationDocument(allocation, stateOf(allocation.fleet));
  const showAll = (fleet: string) => {
    const found = allocations.ofFleet(fleet);
    if (found.length === 0) return [];
    const state = stateOf(fleet);
    return found.map((allocation) => toAllocationDocument(allocation, state));
  };
  return [
    route({
      method: 'post',
      path: '/v1/allocations',
      summary:
        'Hold at least `min` and at most `max` resources of one worker of a fleet. It waits where no worker has room. With an Idempotency-Key, a repeated request returns the first allocation',
      scope: 'submit',
      body: newAllocationDocument,
      replies: { 201: allocationDocument, 200: allocationDocument, 409: errorDocument, 422: errorDocument, 429: errorDocument, ...found },
      async handle({ token, body, header }) {
        limits.count(token.organisation);
        const { container, min, max = min, labels, ttl, interval = null } = body;
        const { allocation, created } = await commands.add({
          ...{ organisation: token.organisation, fleet: () => ownFleet(fleets, token, body.fleet) },
          ...{ container, min, max, labels, ttl, interval, by: token.id },
          key: header('idempotency-key'),
          bodyHash: vault.digest(JSON.stringify(body)),
        });
        return { status: created ? 201 : 200, body: show(allocation) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/allocations',
      summary: 'Allocations of the organisation that have not ended, the oldest first of each fleet',
      scope: 'read',
      query: z.object({ fleet: z.string().optional() }),
      replies: { 200: z.object({ allocations: z.array(allocationDocument) }), ...found },
      handle({ token, query: { fleet } }) {
        const named = fleet === undefined ? null : ownFleet(fleets, token, fleet);
        const all = fleets.all().filter(({ id, organisation }) => organisation === token.organisation && id === (named?.id ?? id));
        return Promise.resolve({ status: 200, body: { allocations: all.flatMap(({ id }) => showAll(id)) } });
      },
    }),
    route({
      method: 'get',
      path: '/v1/allocations/:id',
      summary: 'One allocation, with what it was granted, or why it waits',
      scope: 'read',
      replies: { 200: allocationDocument, ...found },
      handle: async ({ token, params }) => ({ status: 200, body: show(await own(token, params['id'])) }),
    }),
    route({
      method: 'delete',
      path: '/v1/allocations/:id',
      summary: 'Free an allocation. Running tasks continue, no other begins, and its resources return when they have ended',
      scope: 'submit',
      replies: { 202: allocationDocument, ...found },
      async handle({ token, params }) {
        return { status: 202, body: show(await commands.free(await own(token, params['id']))) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/allocations/:id/renewals',
      summary: 'Keep an allocation alive for another interval, which the service grants: see `interval` and `renew_by` of the answer',
      scope: 'submit',
      body: renewalDocument,
      replies: { 200: allocationDocument, 409: errorDocument, ...found },
      async handle({ token, params, body: { interval = null } }) {
        return { status: 200, body: show(await commands.renew(await own(token, params['id']), interval)) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/allocations/:id/events',
      summary: 'Events of an allocation, the oldest first',
      scope: 'read',
      replies: { 200: z.object({ events: z.array(fleetEventDocument) }), ...found },
      async handle({ token, params }) {
        const { id } = await own(token, params['id']);
        return { status: 200, body: { events: (await store.allocations.events(id, mostEvents)).map(toFleetEventDocument) } };
      },
    }),
  ];
}

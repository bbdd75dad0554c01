import * as z from 'zod';
import type { StateLayout } from '../../../state/layout.js';
import type { Fleet, FleetChange } from '../../../tasks/fleets/fleet.js';
import type { Dispatcher } from '../../dispatcher.js';
import type { Limits } from '../../limits.js';
import { loadOutside } from '../../outside/load.js';
import type { Policy } from '../../policy.js';
import type { Vault } from '../../secrets/vault.js';
import type { Store, Token } from '../../store/store.js';
import { errorDocument } from '../documents.js';
import {
  fleetAccessDocument,
  fleetChangeDocument,
  fleetDocument,
  fleetEventDocument,
  newFleetDocument,
  toFleetDocument,
  toFleetEventDocument,
} from '../fleet-documents.js';
import { isoOrNull } from '../../iso.js';
import { ownFleet } from '../own-fleet.js';
import { route, type Route } from '../route.js';

export interface FleetRouteParts {
  dispatcher: Dispatcher;
  store: Pick<Store, 'fleets'>;
  layout: StateLayout;
  policy: Policy;
  limits: Limits;
  vault: Vault;
}

const failed = { 400: errorDocument, 401: errorDocument, 403: errorDocument };
const found = { 404: errorDocument, ...failed };

/** Workers of one template, as many as are needed. */
export function fleetRoutes({ dispatcher, store, layout, policy, limits, vault }: FleetRouteParts): Route[] {
  const { fleets, fleetCommands } = dispatcher;
  const own = (token: Token, name: string | undefined) => ownFleet(fleets, token, name);
  const show = (fleet: Fleet) => {
    const { id } = fleet;
    return toFleetDocument(fleet, {
      runs: fleets.runsOf(id),
      refused: fleets.refusedOf(id),
      onWorker: (worker) => dispatcher.tasks.allocations.onWorker(worker),
    });
  };
  return [
    route({
      method: 'post',
      path: '/v1/fleets',
      summary: 'Keep workers of a template: at least `min`, at most `max`. A repeated request returns the fleet',
      scope: 'submit',
      body: newFleetDocument,
      replies: { 201: fleetDocument, 200: fleetDocument, 409: errorDocument, 422: errorDocument, 429: errorDocument, ...failed },
      async handle({ token, body }) {
        const { organisation } = token;
        limits.count(organisation);
        const { shown: spec, sealed: secrets } = vault.split(loadOutside(body.spec, policy.rulesOf(organisation)).spec);
        const { name, min, max, idle, aux = 0, nodes, labels, priority } = body;
        const asked = { organisation, name, spec, min, max, idle, aux, nodes, labels, priority, secrets };
        const request = { ...asked, by: token.id, bodyHash: vault.digest(JSON.stringify(body)) };
        const { fleet, created } = await fleetCommands.create(request);
        return { status: created ? 201 : 200, body: show(fleet) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/fleets',
      summary: 'Fleets of the organisation, the oldest first',
      scope: 'read',
      replies: { 200: z.object({ fleets: z.array(fleetDocument) }), ...failed },
      handle({ token: { organisation } }) {
        const all = fleets.all().filter((fleet) => fleet.organisation === organisation);
        return Promise.resolve({ status: 200, body: { fleets: all.map(show) } });
      },
    }),
    route({
      method: 'get',
      path: '/v1/fleets/:name',
      summary: 'A fleet, with its workers',
      scope: 'read',
      replies: { 200: fleetDocument, ...found },
      handle: ({ token, params }) => Promise.resolve({ status: 200, body: show(own(token, params['name'])) }),
    }),
    route({
      method: 'patch',
      path: '/v1/fleets/:name',
      summary: 'Change the size and the terms of a fleet. Living workers keep their nodes, labels and priority',
      scope: 'submit',
      body: fleetChangeDocument,
      replies: { 200: fleetDocument, 409: errorDocument, 422: errorDocument, ...found },
      async handle({ token, params, body }) {
        const fleet = own(token, params['name']);
        return { status: 200, body: show(await fleetCommands.change(fleet, given(body), token.id)) };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/fleets/:name',
      summary: 'End all workers of a fleet. It is closed when they are gone',
      scope: 'submit',
      replies: { 202: fleetDocument, ...found },
      async handle({ token, params }) {
        return { status: 202, body: show(await fleetCommands.remove(own(token, params['name']), token.id)) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/fleets/:name/access',
      summary: 'How to reach the ready workers of a fleet: their outputs, with their keys',
      scope: 'read',
      replies: { 200: fleetAccessDocument, ...found },
      async handle({ token, params }) {
        const ready = fleets.runsOf(own(token, params['name']).id).filter(({ state }) => state === 'running');
        const workers = await Promise.all(
          ready.map(async (run) => {
            const { outputs } = await layout.worker(run.node!, run.worker!).readState();
            return {
              ...{ run: run.id, node: run.node, worker: run.worker, ends: isoOrNull(run.ends) },
              outputs: Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value])),
            };
          }),
        );
        // A worker without outputs has ended since.
        return { status: 200, body: { workers: workers.filter(({ outputs }) => Object.keys(outputs).length > 0) } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/fleets/:name/events',
      summary: 'Events of a fleet, the oldest first: each growth, refusal and end of a worker, with who asked, why and its price',
      scope: 'read',
      query: z.object({ after: z.coerce.number().int().min(0).default(0), limit: z.coerce.number().int().min(1).max(1000).default(200) }),
      replies: { 200: z.object({ events: z.array(fleetEventDocument) }), ...found },
      async handle({ token, params, query: { after, limit } }) {
        const events = await store.fleets.events({ fleet: own(token, params['name']).id, after, limit });
        return { status: 200, body: { events: events.map(toFleetEventDocument) } };
      },
    }),
  ];
}

/** Without keys that have no value. */
function given({ min, max, idle, aux, nodes, labels, priority }: z.infer<typeof fleetChangeDocument>): FleetChange {
  return {
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(idle !== undefined && { idle }),
    ...(aux !== undefined && { aux }),
    ...(nodes && { nodes }),
    ...(labels && { labels }),
    ...(priority !== undefined && { priority }),
  };
}

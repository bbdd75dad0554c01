import * as z from 'zod';
import { MayflyError } from '../../../errors.js';
import type { StateLayout } from '../../../state/layout.js';
import type { Dispatcher } from '../../dispatcher.js';
import { runStates } from '../../run.js';
import type { Store, Token } from '../../store/store.js';
import { labels } from '../../run-fields.js';
import { errorDocument, label, newRunDocument, runDocument, toRunDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { isOperator } from '../../tokens.js';
import { route, type Route } from '../route.js';
import { runDetails, toRunDetails } from '../run-details.js';
import { submissionOf, type SubmissionParts } from '../submission.js';

export interface RunParts extends SubmissionParts {
  dispatcher: Dispatcher;
  store: Store;
  layout: StateLayout;
}

const failed = { 401: errorDocument, 403: errorDocument };

const states = z
  .string()
  .meta({ description: `One or several of ${runStates.join(', ')}, with commas between them` })
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(runStates)));

export function runRoutes(parts: RunParts): Route[] {
  const { dispatcher, store, layout } = parts;
  const own = (token: Token, id: string | undefined) => ownRun(dispatcher.runs, token, id);
  return [
    route({
      method: 'post',
      path: '/v1/runs',
      summary: 'Queue a run. With an Idempotency-Key, a repeated request returns the first run',
      scope: 'submit',
      body: newRunDocument,
      replies: { 201: runDocument, 200: runDocument, 409: errorDocument, 422: errorDocument, 429: errorDocument, ...failed },
      async handle(asked) {
        const { run, created } = await dispatcher.intake.submit(submissionOf(asked, parts));
        return { status: created ? 201 : 200, body: toRunDocument(run) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs',
      summary: 'Runs of the organisation, the newest first',
      scope: 'read',
      query: z.object({
        state: states.optional(),
        name: z.string().optional().meta({ description: 'Of the spec. Stealers are left out' }),
        label: label.optional(),
        after: z.string().optional().meta({ description: '`next` of an earlier answer' }),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
      replies: { 200: z.object({ runs: z.array(runDocument), next: z.string().nullable() }), ...failed },
      async handle({ token: { organisation }, query: { state, name, label: free, after, limit } }) {
        const { runs, next } = await store.runs({
          ...{ organisation, limit },
          ...(state && { states: state }),
          ...(name !== undefined && { name }),
          ...(free && { labels: free }),
          ...(after !== undefined && { after }),
        });
        return { status: 200, body: { runs: runs.map((run) => toRunDocument(run)), next } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id',
      summary: 'One run, with its attempts',
      scope: 'read',
      replies: { 200: runDetails, 404: errorDocument, ...failed },
      async handle({ token, params }) {
        const run = await own(token, params['id']);
        const look = dispatcher.nodes.get(run.node ?? '')?.watch.last ?? null;
        const held = run.state === 'queued' ? dispatcher.placing.heldByBudget(run.id) : null;
        const crew = { stealers: dispatcher.stealers.of(run), missing: dispatcher.stealing.missingOf(run.id) };
        const allocations = dispatcher.tasks.allocations.onWorker(run.worker);
        return { status: 200, body: toRunDetails(run, { attempts: await store.attempts(run.id), held, look, allocations, ...crew }) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs/:id/cancel',
      summary: 'End a run. A final one stays as it is',
      scope: 'submit',
      body: z.strictObject({ justification: z.string().max(1000).default('') }),
      replies: { 202: runDocument, 404: errorDocument, ...failed },
      async handle({ token, params, body }) {
        const { id } = await own(token, params['id']);
        return { status: 202, body: toRunDocument(await dispatcher.commands.cancel(id, body.justification)) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs/:id/requeue',
      summary: 'Give back the node of a run whose worker is not ready',
      scope: 'submit',
      replies: { 202: runDocument, 404: errorDocument, 409: errorDocument, ...failed },
      async handle({ token, params }) {
        const { id } = await own(token, params['id']);
        return { status: 202, body: toRunDocument(await dispatcher.commands.requeue(id)) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/runs/:id/extend',
      summary: "Move the end of a running run's worker",
      scope: 'submit',
      body: z.strictObject({
        seconds: z.int().min(-2_592_000).max(2_592_000),
        force: z
          .boolean()
          .default(false)
          .meta({ description: 'Also if it delays promised starts. For an administrator of the organisation `default`' }),
      }),
      replies: { 200: runDocument, 404: errorDocument, 409: errorDocument, 503: errorDocument, ...failed },
      async handle({ token, params, body }) {
        if (body.force) {
          if (!isOperator(token)) throw mayNotForce(token.id);
          // An operator may extend the runs of all organisations.
          return { status: 200, body: toRunDocument(await dispatcher.commands.extend(params['id']!, body.seconds, true)) };
        }
        const { id } = await own(token, params['id']);
        return { status: 200, body: toRunDocument(await dispatcher.commands.extend(id, body.seconds)) };
      },
    }),
    route({
      method: 'patch',
      path: '/v1/runs/:id',
      summary: 'Change priority and labels of a run. Priority 0 cancels it',
      scope: 'submit',
      body: z.strictObject({ priority: z.int().min(0).max(1000).optional(), labels: labels.optional() }),
      replies: { 200: runDocument, 404: errorDocument, 409: errorDocument, ...failed },
      async handle({ token, params, body }) {
        const { id } = await own(token, params['id']);
        return { status: 200, body: toRunDocument(await dispatcher.commands.edit(id, body)) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/access',
      summary: 'How to reach the worker of a running run: its outputs, with their keys',
      scope: 'read',
      replies: { 200: z.record(z.string(), z.unknown()), 404: errorDocument, 409: errorDocument, ...failed },
      async handle({ token, params }) {
        const { id, state, node, worker, maker } = await own(token, params['id']);
        if (state !== 'running' || node === null || worker === null) throw noAccess(id, state);
        if (maker !== null) throw accessElsewhere(id);
        const { outputs } = await layout.worker(node, worker).readState();
        return { status: 200, body: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])) };
      },
    }),
  ];
}

function accessElsewhere(run: string): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: run },
    cause: 'the run was imported, and the keys of its worker are in no export',
    remedy: 'read GET /v1/runs/ID/access at the other installation before the export',
  });
}

function mayNotForce(token: string): MayflyError {
  return new MayflyError('scope_missing', {
    place: { path: token },
    cause: 'the token may not force an extension: it could delay the runs of others',
    remedy: 'leave `force` out, or use an administrator token of the organisation `default`',
  });
}

function noAccess(run: string, state: string): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: run },
    cause: `the run is ${state}: only a running one has a worker to reach`,
    remedy: 'see GET /v1/runs/ID until its state is running',
  });
}

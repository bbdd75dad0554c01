import * as z from 'zod';
import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import { toDollars } from '../../money.js';
import type { Store } from '../../store/store.js';
import { isOperator } from '../../tokens.js';
import { type ResourceMinutes, sumUsage } from '../../usage.js';
import { errorDocument } from '../documents.js';
import { route, type Route } from '../route.js';

/** Milliseconds of a period that the request does not name. */
const defaultPeriod = 30 * 24 * 3_600_000;

const usageDocument = z
  .object({
    organisation: z.string(),
    label: z.string().nullable(),
    workers: z.int(),
    cpu_minutes: z.number().meta({ description: 'Cores × minutes' }),
    memory_mb_minutes: z.number(),
    storage_mb_minutes: z.number(),
    cost_usd: z.number().meta({ description: 'Of workers on nodes that have a price' }),
  })
  .meta({ id: 'Usage' });

/** Resource-minutes of workers, from their attempts. */
export function usageRoutes({ store, clock, nowOf }: { store: Pick<Store, 'usage'>; clock: Clock; nowOf(node: string): number }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/usage',
      summary: 'Resource-minutes and cost of the organisation; of all organisations for an operator',
      scope: 'read',
      query: z.object({
        from: z.iso.datetime().optional().meta({ description: 'Default: 30 days before `to`' }),
        to: z.iso.datetime().optional().meta({ description: 'Default: now' }),
        label: z.string().optional().meta({ description: 'Sums by the values of this label' }),
      }),
      replies: {
        200: z.object({ from: z.iso.datetime(), to: z.iso.datetime(), usage: z.array(usageDocument) }),
        400: errorDocument,
        401: errorDocument,
        403: errorDocument,
      },
      async handle({ token, query }) {
        const now = clock.now();
        const to = query.to === undefined ? now : Date.parse(query.to);
        const from = query.from === undefined ? to - defaultPeriod : Date.parse(query.from);
        if (from >= to) throw noPeriod();
        const organisation = isOperator(token) ? null : token.organisation;
        const sums = await sumUsage(store.usage({ from, to }), { from, to, nowOf, organisation, label: query.label ?? null });
        return {
          status: 200,
          body: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), usage: sums.map(toUsageDocument) },
        };
      },
    }),
  ];
}

function toUsageDocument({ organisation, label, workers, cpu, memory, storage, cost }: ResourceMinutes): z.infer<typeof usageDocument> {
  return {
    ...{ organisation, label, workers },
    cpu_minutes: rounded(cpu),
    memory_mb_minutes: rounded(memory),
    storage_mb_minutes: rounded(storage),
    cost_usd: toDollars(Math.round(cost)),
  };
}

/** To thousandths. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function noPeriod(): MayflyError {
  return new MayflyError('usage', {
    place: { path: 'from' },
    cause: 'is not before `to`',
    remedy: 'name a period that has a length',
  });
}

import * as z from 'zod';
import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import type { Token, Tokens } from '../../store/store.js';
import { isOperator, makeToken } from '../../tokens.js';
import { errorDocument } from '../documents.js';
import { route, type Route } from '../route.js';

export interface TokenRouteParts {
  tokens: Tokens;
  clock: Pick<Clock, 'now'>;
  randomBytes(bytes: number): Uint8Array;
  /** Called after the removal of a token. */
  removed(id: string): void;
}

const scope = z.enum(['submit', 'read', 'admin']);
const organisation = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);

const tokenDocument = z
  .object({ id: z.string(), organisation: z.string(), scopes: z.array(scope), created: z.iso.datetime() })
  .meta({ id: 'Token' });

const failed = { 400: errorDocument, 401: errorDocument, 403: errorDocument };

/** Tokens of an organisation. An operator sees, makes and removes those of all organisations. */
export function tokenRoutes({ tokens, clock, randomBytes, removed }: TokenRouteParts): Route[] {
  const mayManage = (own: Token, of: string) => isOperator(own) || own.organisation === of;
  return [
    route({
      method: 'post',
      path: '/v1/tokens',
      summary: 'Make a token. The answer is the only copy of its secret',
      scope: 'admin',
      body: z.strictObject({ scope, organisation: organisation.optional() }),
      replies: { 201: tokenDocument.extend({ token: z.string() }), ...failed },
      async handle({ token: own, body }) {
        const of = body.organisation ?? own.organisation;
        if (!mayManage(own, of)) throw otherOrganisation(of);
        const { token, text } = makeToken(Buffer.from(randomBytes(38)), { organisation: of, scopes: [body.scope], now: clock.now() });
        await tokens.add(token);
        return { status: 201, body: { ...toDocument(token), token: text } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/tokens',
      summary: 'Tokens, without their secrets',
      scope: 'admin',
      replies: { 200: z.object({ tokens: z.array(tokenDocument) }), ...failed },
      async handle({ token: own }) {
        const all = await tokens.list();
        return { status: 200, body: { tokens: all.filter((one) => mayManage(own, one.organisation)).map(toDocument) } };
      },
    }),
    route({
      method: 'delete',
      path: '/v1/tokens/:id',
      summary: 'Remove a token. Requests with it are refused from then on, and its streams end',
      scope: 'admin',
      replies: { 200: tokenDocument, 404: errorDocument, ...failed },
      async handle({ token: own, params }) {
        const found = await tokens.find(params['id']!);
        if (!found || !mayManage(own, found.organisation)) throw unknownToken(params['id']!);
        await tokens.remove(found.id);
        removed(found.id);
        return { status: 200, body: toDocument(found) };
      },
    }),
  ];
}

function toDocument({ id, organisation, scopes, createdAt }: Token): z.infer<typeof tokenDocument> {
  return { id, organisation, scopes: [...scopes], created: new Date(createdAt).toISOString() };
}

function otherOrganisation(organisation: string): MayflyError {
  return new MayflyError('scope_missing', {
    place: { path: organisation },
    cause: 'is another organisation than that of the token',
    remedy: 'use an administrator token of the organisation `default`',
  });
}

function unknownToken(id: string): MayflyError {
  return new MayflyError('not_found', { place: { path: id }, cause: 'there is no token with this id', remedy: 'see GET /v1/tokens' });
}

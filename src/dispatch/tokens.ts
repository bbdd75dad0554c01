import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scope, Token, Tokens } from './store/store.js';

const pattern = /^mfy_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** Draws a token. `text` is the only copy of its secret: the store gets a hash. `random`: 38 bytes. */
export function makeToken(
  random: Buffer,
  { organisation, scopes, now }: { organisation: string; scopes: readonly Scope[]; now: number },
): { token: Token; text: string } {
  const id = random.subarray(0, 6).toString('hex');
  const secret = random.subarray(6, 38).toString('base64url');
  return { token: { id, hash: hashOf(secret), organisation, scopes, createdAt: now }, text: `mfy_${id}_${secret}` };
}

/** The token of an `Authorization: Bearer` header; `null` for none and for a wrong one. */
export async function tokenOf(header: string | undefined, tokens: Pick<Tokens, 'find'>): Promise<Token | null> {
  const [, id, secret] = pattern.exec(header?.replace(/^Bearer /i, '') ?? '') ?? [];
  if (id === undefined || secret === undefined) return null;
  const token = await tokens.find(id);
  const given = Buffer.from(hashOf(secret), 'hex');
  // Compared also where there is no token, in the same time.
  const stored = Buffer.from(token?.hash ?? hashOf(''), 'hex');
  return timingSafeEqual(given, stored) ? token : null;
}

/** The organisation of the first token. Its administrators operate the service: they may change nodes, and tokens of all organisations. */
export const operators = 'default';

export function isOperator(token: Pick<Token, 'scopes' | 'organisation'>): boolean {
  return token.organisation === operators && token.scopes.includes('admin');
}

/** A submitter may read, an administrator may do all in its organisation. */
const includes: Record<Scope, readonly Scope[]> = { read: ['read'], submit: ['submit', 'read'], admin: ['admin', 'submit', 'read'] };

export function mayUse(token: Pick<Token, 'scopes' | 'organisation'>, scope: Scope | 'operator'): boolean {
  if (scope === 'operator') return isOperator(token);
  return token.scopes.some((one) => includes[one].includes(scope));
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

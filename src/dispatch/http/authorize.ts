import { MayflyError } from '../../errors.js';
import type { Scope, Token, Tokens } from '../store/store.js';
import { mayUse, tokenOf } from '../tokens.js';

/**
 * Finds the token of a request. `header`: its `Authorization`.
 *
 * @throws MayflyError `token_invalid`, `scope_missing`
 */
export async function authorize(scope: Scope | 'operator', header: string | undefined, tokens: Pick<Tokens, 'find'>): Promise<Token> {
  const token = await tokenOf(header, tokens);
  if (!token) {
    throw new MayflyError('token_invalid', {
      cause: 'the request has no valid token',
      remedy: 'send `Authorization: Bearer mfy_…` with a token of this service',
    });
  }
  if (mayUse(token, scope)) return token;
  throw new MayflyError('scope_missing', {
    place: { path: token.id },
    cause: scope === 'operator' ? 'the token may not operate the service' : `the token does not have the scope ${scope}`,
    remedy: scope === 'operator' ? 'use an administrator token of the organisation `default`' : `use a token with the scope ${scope}`,
  });
}

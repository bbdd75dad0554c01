import type { ErrorCode, MayflyError } from '../../errors.js';

/** Errors after which the next worker would fail on the same node, whatever its spec says. */
const codes = new Set<ErrorCode>(['backend_unreachable', 'storage_full', 'not_armed']);

export function isNodeFault({ code }: Pick<MayflyError, 'code'>): boolean {
  return codes.has(code);
}

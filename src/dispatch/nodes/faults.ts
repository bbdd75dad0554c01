import { type ErrorCode, MayflyError } from '../../errors.js';

/** Errors after which the next worker would fail on the same node, whatever its spec says. */
const codes = new Set<ErrorCode>(['backend_unreachable', 'storage_full', 'not_armed']);

/** Whether the first cause is the node's fault. */
export function isNodeFault({ code, cause }: MayflyError): boolean {
  return codes.has(code) || (cause instanceof MayflyError && isNodeFault(cause));
}

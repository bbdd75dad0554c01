import pc from 'picocolors';
import type { Output } from '../../plan/outputs.js';
import { duration, moment } from './format.js';

interface Access {
  addresses: string[];
  port: number | null;
  disable_tls: boolean;
}

/** How to reach a worker; its keys are masked. */
export function humanAccess(worker: string, outputs: Record<string, Output>, ends: number, now: number): string {
  const access = outputs['access']?.value as unknown as Access | undefined;
  const reached =
    access?.port != null
      ? access.addresses.map((address) => `${address.includes(':') ? `[${address}]` : address}:${access.port}`).join(', ')
      : 'not published (its engine has no port)';
  const rows = [
    ['worker', worker],
    ['access', reached],
    ...(access ? [['keys', `(secret; mayfly output ${worker} --json)`]] : []),
    ['ends', `${moment(ends, now)} (in ${duration((ends - now) / 1000)})`],
  ];
  return rows.map(([key, value]) => `  ${pc.dim(key!.padEnd(8))} ${value}`).join('\n');
}

import { MayflyError } from '../../errors.js';
import type { BackendName } from '../../spec/worker-spec.js';
import { extendWorker } from '../../worker/extend.js';
import { type CommonArgs, inGracefulSession } from '../session.js';
import { duration, moment } from '../views/format.js';

interface Args extends CommonArgs {
  worker: string;
  duration: string;
}

export async function run(args: Args): Promise<void> {
  await inGracefulSession(args, async ({ house, json, line, out }) => {
    const { from, to } = await extendWorker(house, args.worker, parseSeconds(args.duration), args.backend as BackendName | undefined);
    const now = house.clock.now();
    if (json) line({ worker: args.worker, from: new Date(from).toISOString(), ends: new Date(to).toISOString() });
    else out(`${args.worker} ends at ${moment(to, now)} (in ${duration((to - now) / 1000)}) instead of ${moment(from, now)}.`);
    return 0;
  });
}

const units: Record<string, number> = { '': 1, s: 1, m: 60, min: 60, h: 3600, d: 86400 };

function parseSeconds(text: string): number {
  const [, sign = '', number = '', unit = ''] = /^([+-]?)(\d+)(s|min|m|h|d)?$/.exec(text) ?? [];
  if (number === '') {
    throw new MayflyError('usage', {
      place: { path: 'duration' },
      cause: `must be seconds or 30m, 2h, 1d, got ${JSON.stringify(text)}`,
      remedy: 'for example: mayfly extend ci 30m',
    });
  }
  return (sign === '-' ? -1 : 1) * Number(number) * units[unit]!;
}

import { findRun } from '../../../client/find-run.js';
import { duration, moment } from '../../../views/format.js';
import { assertNone } from '../../remote/portable.js';
import { inRemoteSession } from '../../remote/session.js';
import type { Args } from './options.js';
import { parseSeconds } from './seconds.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async ({ client, call, json, line, out }) => {
    assertNone(args, { lockTimeout: 'lock-timeout' });
    const seconds = parseSeconds(args.duration);
    const extended = await client.extend((await findRun(client, args.worker)).id, seconds);
    const [now, ends] = [call.clock.now(), Date.parse(extended.ends ?? '')];
    if (json) line(extended);
    else out(`${args.worker} ends at ${moment(ends, now)} (in ${duration((ends - now) / 1000)}).`);
    return 0;
  });
}

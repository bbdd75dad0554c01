import { heldLabel, holdPeriod } from '../../client/held.js';
import { MayflyError } from '../../errors.js';
import { type Holds, isHeld } from '../holds.js';
import { isFinal } from '../run.js';
import type { Runs } from '../runs.js';
import { ownRun } from './own-run.js';
import type { Upgrade } from './upgrades.js';

/** Milliseconds of silence after which a client is gone. */
const silence = 6 * holdPeriod;

/** The connection of a client that holds its run. The client sends a byte now and then; the service sends nothing. */
export function holdUpgrade({ runs, holds }: { runs: Pick<Runs, 'find'>; holds: Pick<Holds, 'hold'> }): Upgrade {
  return {
    path: /^\/v1\/runs\/([^/?]+)\/hold$/,
    protocol: 'tcp',
    scope: 'submit',
    async accept({ token, params: [id], request, connection }) {
      const run = await ownRun(runs, token, id);
      const cause = isFinal(run.state)
        ? `the run is ${run.state}`
        : isHeld(run)
          ? null
          : `the run does not have the label ${heldLabel}=true`;
      if (cause !== null)
        throw new MayflyError('not_possible', { place: { path: run.id }, cause, remedy: 'see docs/serve.md, Runs of a client' });
      connection.once('close', holds.hold(run.id));
      connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      request.socket.setTimeout(silence, () => connection.destroy());
      connection.on('end', () => connection.destroy()).resume();
    },
  };
}

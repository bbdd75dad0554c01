import { pipeline } from 'node:stream';
import { MayflyError } from '../../errors.js';
import type { StateLayout } from '../../state/layout.js';
import type { Runtime } from '../../worker/runtime.js';
import type { Runs } from '../runs.js';
import { engineAccess } from './engine-access.js';
import { ownRun } from './own-run.js';
import type { Upgrade } from './upgrades.js';

export interface TunnelParts {
  runs: Pick<Runs, 'find'>;
  layout: StateLayout;
  runtime: Pick<Runtime, 'openNode'>;
}

/** The connection to a running run's engine, for clients that cannot reach its node: bytes as they are, each direction ended by itself. */
export function tunnel({ runs, layout, runtime }: TunnelParts): Upgrade {
  return {
    path: /^\/v1\/runs\/([^/?]+)\/engine$/,
    protocol: 'tcp',
    scope: 'submit',
    async accept({ token, params: [id = ''], connection, head }) {
      const run = await ownRun(runs, token, id);
      const access = await engineAccess(run, layout);
      if (access === null || 'unreachable' in access) {
        const cause = access?.unreachable ?? `the run is ${run.state}: it has no engine to reach`;
        throw new MayflyError('not_possible', { place: { path: id }, cause });
      }
      const engine = await (await runtime.openNode(access.node)).connectTo(access.addresses[0] ?? '', access.port);
      connection.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      if (head.length > 0) connection.unshift(head);
      // An error on one side closes the other one.
      pipeline(connection, engine, () => {});
      pipeline(engine, connection, () => {});
    },
  };
}

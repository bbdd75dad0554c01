import type { Duplex } from 'node:stream';
import { MayflyError } from '../../errors.js';
import { isLoopback } from '../../spec/melodium.js';
import { connectTcp } from '../shared/connect-tcp.js';
import type { Endpoint } from './endpoint.js';
import { SshConnection } from './ssh-connection.js';
import type { SshTarget } from './ssh-target.js';

/** Connects to a published port. The loopback of a daemon's machine is reached by ssh only, if it is another machine. */
export async function connectTo({ local, ssh, url }: Endpoint, address: string, port: number): Promise<Duplex> {
  if (local || !isLoopback(address)) return connectTcp(address, port);
  if (ssh) return new SshConnection(url, forwarding(ssh, address, port));
  throw new MayflyError('not_possible', {
    place: { path: `${address}:${port}` },
    cause: `is an address of the daemon's machine, which only ssh reaches`,
    remedy: 'use an endpoint ssh://… for this daemon',
  });
}

/** The same ssh connection, to a port of the server instead of its docker command. */
function forwarding(target: SshTarget, address: string, port: number): SshTarget {
  const options = target.args.slice(0, target.args.indexOf('--'));
  const host = address.includes(':') ? `[${address}]` : address;
  return { ...target, args: [...options, '-W', `${host}:${port}`, '--', target.host] };
}

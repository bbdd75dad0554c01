import { readFile } from 'node:fs/promises';
import { parseAddress } from '../../client/address.js';
import { ServiceClient } from '../../client/client.js';
import { type Connection, giveToken } from '../../client/http.js';
import { type Clock, systemClock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { type Flags, findSettings, type Found } from '../../runtime/settings.js';
import type { CommonArgs } from '../declaration.js';
import { passOn } from '../pass-on.js';
import { openReporting, type Reporting } from '../reporting.js';
import { closedPipeCode, type Session } from '../session.js';
import { catchSignals, interruptedCode } from '../signals.js';

/** The surroundings of one command that uses a service: its client and its output. */
export interface RemoteSession extends Omit<Reporting, 'emit'> {
  client: ServiceClient;
  connection: Connection;
  /** URL of the service, for messages. */
  server: string;
  /** `abort`: the second signal. */
  call: { emit: Emit; stop: AbortSignal; abort: AbortSignal; clock: Clock };
  interactive: boolean;
  /** As of `Session`. */
  asked: Session['asked'];
  passOn: Session['passOn'];
}

/** Runs one command's work with a service. The first signal ends requests; the service goes on with its runs. */
export async function inRemoteSession(args: CommonArgs & Flags, work: (session: RemoteSession) => Promise<number>): Promise<void> {
  const { emit, ...reporting } = openReporting(args);
  const interrupts = catchSignals(true, () => {});
  const { stop, abort, asked } = interrupts;
  let unread = false;
  const onUnread = () => {
    unread = true;
    interrupts.interrupt();
  };
  const stoppedCode = () => (unread ? closedPipeCode : interruptedCode);
  try {
    const found = await findSettings(process.cwd(), process.env, args);
    const server = parseAddress(found.server ?? noServer());
    const connection = { server, token: await tokenOf(found), clock: systemClock, signal: stop };
    const client = new ServiceClient(connection);
    const interactive = Boolean(process.stdin.isTTY && process.stderr.isTTY);
    const code = await work({
      ...reporting,
      client,
      connection,
      server: server.href,
      call: { emit, stop, abort, clock: systemClock },
      interactive,
      asked,
      passOn: { stdout: passOn(process.stdout, onUnread), stderr: passOn(process.stderr, onUnread) },
    });
    process.exitCode = stop.aborted && code !== 0 ? stoppedCode() : code;
  } catch (thrown) {
    reporting.settle();
    process.exitCode = stop.aborted ? stoppedCode() : reporting.fail(thrown);
  } finally {
    reporting.settle();
    interrupts.release();
  }
}

/** @throws MayflyError `token_invalid` where none is set */
async function tokenOf({ tokenFile }: Pick<Found, 'tokenFile'>): Promise<string> {
  const given = process.env['MAYFLY_TOKEN'] || (tokenFile !== null && (await readFile(tokenFile, 'utf8')));
  const token = given ? given.trim() : '';
  // Else fetch would quote it in its own error.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new MayflyError('token_invalid', {
    cause: token === '' ? 'no token is set' : 'the token has spaces or other signs',
    remedy: giveToken,
  });
}

function noServer(): never {
  throw new MayflyError('usage', {
    cause: 'no server is given: this command asks a mayfly serve',
    remedy: 'give --server URL, or set MAYFLY_SERVER, or server in your own settings',
  });
}

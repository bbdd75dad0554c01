import { MayflyError } from '../../errors.js';
import type { Host } from './host.js';
import { type Found, findProcesses, type Owner } from './processes.js';
import { codeOf } from './system.js';
import { graceSeconds } from '../../spec/worker-spec.js';

/** Milliseconds for a process to end: after TERM by itself, and after KILL. */
export const grace = { term: graceSeconds * 1000, kill: 10_000 } as const;

export interface EndingOptions {
  signal?: AbortSignal | undefined;
  /** Default: TERM. */
  first?: NodeJS.Signals;
  /** Milliseconds from the first signal to KILL, asked at each look. Default: 10 s. */
  grace?(): number;
}

const firstLook = 4;
const longestLook = 100;

/**
 * Ends all processes of a worker, an object or a session: the first signal once to each, KILL after the grace. It looks again until it finds none, since processes
 * may fork meanwhile. Several commands may do this at the same time.
 *
 * @throws MayflyError `destroy_failed` where a process cannot be ended
 */
export async function endProcesses(
  host: Host,
  whose: Owner,
  { signal, first = 'SIGTERM', grace: untilKill = () => grace.term }: EndingOptions = {},
): Promise<void> {
  const { clock } = host;
  const asked = new Set<string>();
  const start = clock.now();
  for (let pause = firstLook; ; pause = Math.min(pause * 2, longestLook)) {
    signal?.throwIfAborted();
    const found = await findProcesses(host, whose);
    if (found.length === 0) return;
    const elapsed = clock.now() - start;
    const left = untilKill() - elapsed;
    if (left <= -grace.kill) throw stuck(found);
    if (left <= 0) await send(host, found, 'SIGKILL');
    else await ask(host, found, first, asked);
    await clock.sleep(Math.min(pause, left > 0 ? left : longestLook), signal);
  }
}

async function ask(host: Host, found: Found[], signal: NodeJS.Signals, asked: Set<string>): Promise<void> {
  const name = ({ stat }: Found) => `${stat.pid}:${stat.start}`;
  const fresh = found.filter((one) => !asked.has(name(one)));
  for (const one of fresh) asked.add(name(one));
  await send(host, fresh, signal);
}

/** Sends a signal. If the leader of a process group is ours, the whole group gets it, so that no child being forked is missed. */
async function send(host: Host, found: Found[], signal: NodeJS.Signals): Promise<void> {
  const groups = new Set(found.filter(({ stat }) => stat.pid === stat.group).map(({ stat }) => stat.group));
  const alone = found.filter(({ stat }) => !groups.has(stat.group)).map(({ stat }) => stat.pid);
  for (const target of [...[...groups].map((group) => -group), ...alone]) {
    try {
      await host.system.kill(target, signal);
    } catch (error) {
      // A process that cannot be signalled is found again, and reported at the end of the time.
      if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
    }
  }
}

function stuck(found: Found[]): MayflyError {
  const pids = found.map(({ stat }) => stat.pid).join(', ');
  return new MayflyError('destroy_failed', {
    cause: `process ${pids} did not end when it was killed`,
    remedy: 'it runs as another user or hangs in the kernel: end it by hand, then run the same command again',
  });
}

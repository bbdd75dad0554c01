import type { Writable } from 'node:stream';
import { composeRuntime } from '../runtime/compose.js';
import { type Flags, findSettings } from '../runtime/settings.js';
import { beginCall, type Call } from '../worker/call.js';
import type { CommonArgs } from './declaration.js';
import { passOn } from './pass-on.js';
import { openReporting, type Reporting } from './reporting.js';
import { catchSignals, interruptedCode } from './signals.js';

/** One command's work: its call, and its way out. */
export interface Session extends Omit<Reporting, 'emit'> {
  call: Call;
  interactive: boolean;
  /** Where a command in a container writes to; when nobody reads that any more, the call is stopped. */
  passOn: { stdout: Writable; stderr: Writable };
}

/** As shells have it for a program whose reader went away. */
const closedPipeCode = 141;

/** For work that is told of the first Ctrl-C and finishes what is in flight; any other just ends. */
export const inGracefulSession = (args: CommonArgs & Flags, work: (session: Session) => Promise<number>) => inSession(args, work, true);

/** Runs one command's work in a session: signals, errors and exit code are handled here and nowhere else. */
export async function inSession(args: CommonArgs & Flags, work: (session: Session) => Promise<number>, graceful = false): Promise<void> {
  const { emit, ...reporting } = openReporting(args);
  const interrupts = catchSignals(graceful, reporting.note);
  let unread = false;
  const onUnread = () => {
    unread = true;
    interrupts.interrupt();
  };
  let close = () => {};
  try {
    const { settings, stateDir } = await findSettings(process.cwd(), process.env, args);
    const runtime = composeRuntime({ env: process.env, stateDir, settings });
    close = runtime.close;
    const call = beginCall(runtime, { emit, stop: interrupts.stop, abort: interrupts.abort });
    void call.keeper.revive().catch(() => {});
    const code = await work({
      ...reporting,
      call,
      interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
      passOn: { stdout: passOn(process.stdout, onUnread), stderr: passOn(process.stderr, onUnread) },
    });
    process.exitCode = unread && code === interruptedCode ? closedPipeCode : code;
  } catch (thrown) {
    reporting.settle();
    process.exitCode = unread ? closedPipeCode : reporting.fail(thrown);
  } finally {
    reporting.settle();
    close();
    interrupts.release();
  }
}

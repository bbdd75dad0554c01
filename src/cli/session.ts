import type { Writable } from 'node:stream';
import { composeRuntime } from '../runtime/compose.js';
import { type Flags, findSettings } from '../runtime/settings.js';
import { beginCall, type Call } from '../worker/call.js';
import type { CommonArgs } from './declaration.js';
import { passOn } from './pass-on.js';
import { openReporting, type Reporting } from './reporting.js';
import { catchSignals, type Interrupts, interruptedCode } from './signals.js';

/** The surroundings of one command: its call and its output. */
export interface Session extends Omit<Reporting, 'emit'> {
  call: Call;
  interactive: boolean;
  /** See `Interrupts.asked`. */
  asked: Interrupts['asked'];
  /** Output streams for a command in a container. When their reader is gone, the call is stopped. */
  passOn: { stdout: Writable; stderr: Writable };
}

/** Exit code after the reader of the output is gone, as in shells. */
export const closedPipeCode = 141;

/** A session that finishes operations in flight after the first signal; `inSession` ends at once. */
export const inGracefulSession = (args: CommonArgs & Flags, work: (session: Session) => Promise<number>) => inSession(args, work, true);

/** Runs one command's work. Its signals, errors and exit code are handled here and nowhere else. */
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
      asked: interrupts.asked,
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

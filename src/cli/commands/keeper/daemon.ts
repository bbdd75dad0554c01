import pino from 'pino';
import pkg from '../../../../package.json' with { type: 'json' };
import { systemClock } from '../../../clock.js';
import { toMayflyError } from '../../../errors.js';
import { runKeeper } from '../../../keeper/daemon.js';
import { Troubles } from '../../../lease/troubles.js';
import { StateLayout } from '../../../state/layout.js';
import { openRequested, requestFor } from '../../../runtime/keeper-nodes.js';
import { findSettings } from '../../../runtime/settings.js';

/** Bytes of the log to keep in memory while it cannot be written. */
const mostUnwritten = 65_536;

/**
 * Runs the keeper of a state directory: `apply` starts it, and it exits when no worker is left. With `docker`, it stays, and ends all due
 * workers of the Docker daemon, from any machine.
 */
export async function run({ docker }: { docker: boolean }): Promise<void> {
  const output = pino.destination({ dest: 1, sync: true, maxLength: mostUnwritten });
  // The keeper continues when its log cannot be written (a full disk).
  output.on('error', () => {});
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, output);
  // A bug in one place must not leave all workers without a keeper. Its next look starts from the labels of the backend again.
  const troubles = new Troubles(log, systemClock);
  process.on('uncaughtException', (error) =>
    troubles.report(error.message, { err: error }, 'an unexpected error; the keeper continues', error),
  );
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGINT', () => stop.abort());
  try {
    const { stateDir, settings } = await findSettings('/', process.env, {});
    await runKeeper({
      version: pkg.version,
      resident: docker ? await requestFor('docker', settings) : null,
      layout: new StateLayout(stateDir, systemClock),
      clock: systemClock,
      log,
      openBackend: openRequested,
      requestFor: (node) => requestFor(node, settings),
      signal: stop.signal,
    });
  } catch (thrown) {
    const error = toMayflyError(thrown);
    // With `state_locked`, another keeper does the work.
    log.info({ cause: error.message }, 'no keeper started');
    process.exitCode = error.code === 'state_locked' ? 0 : error.exitCode;
  }
}

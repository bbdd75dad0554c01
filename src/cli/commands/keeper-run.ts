import pino from 'pino';
import { systemClock } from '../../clock.js';
import { toMayflyError } from '../../errors.js';
import { runKeeper } from '../../lease/keeper-process.js';
import { asDecided, decidingEnv, type WatchRequest } from '../../lease/keeper-protocol.js';
import { StateLayout } from '../../state/layout.js';
import { openBackend } from '../compose.js';
import { findSettings } from '../settings.js';

/**
 * The keeper of a state directory: started by apply, and gone when nothing lives; with `docker` one that stays and ends whatever
 * worker of the Docker daemon is due, whoever made it.
 */
export async function run({ docker }: { docker: boolean }): Promise<void> {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  process.on('SIGINT', () => stop.abort());
  try {
    const { stateDir } = await findSettings('/', process.env, {});
    await runKeeper({
      resident: docker ? await dockerHere() : null,
      layout: new StateLayout(stateDir, systemClock),
      clock: systemClock,
      log,
      openBackend: ({ backend, env }) => openBackend(backend, asDecided(process.env, env)),
      signal: stop.signal,
    });
  } catch (thrown) {
    const error = toMayflyError(thrown);
    // One that stays already does the work.
    log.info({ cause: error.message }, 'no keeper started');
    process.exitCode = error.code === 'state_locked' ? 0 : error.exitCode;
  }
}

async function dockerHere(): Promise<WatchRequest> {
  const backend = await openBackend('docker', process.env);
  const { endpoint } = backend;
  backend.close();
  return { backend: 'docker', endpoint, env: decidingEnv(process.env) };
}

import { dirname } from 'node:path';
import pino from 'pino';
import pkg from '../../../../package.json' with { type: 'json' };
import { backUp } from '../../../dispatch/backup.js';
import { directoryOf, serve } from '../../../dispatch/serve.js';
import { nodesOf } from '../../../dispatch/settings/nodes.js';
import { parseServeSettings } from '../../../dispatch/settings/parse.js';
import { composeRuntime } from '../../../runtime/compose.js';
import { programPath } from '../../../runtime/program-path.js';
import { kinds, serviceNodes } from '../../../runtime/service-nodes.js';
import type { Settings } from '../../../worker/settings.js';

// The bundle has these modules in a file of their own: see scripts/bundle.mjs. So only plain values and MayflyErrors cross.

export interface ServiceOptions {
  settings: Settings;
  /** The mapping `serve` of a settings file. */
  serve: { file: string; value: unknown } | null;
  stateDir: string;
  env: Record<string, string | undefined>;
  host: string;
  port: number;
  processes: boolean;
  /** See `ServeOptions`. */
  restored: boolean;
  signal: AbortSignal;
  onListening(listening: { url: string; token: string | null }): void;
}

/** Runs the service in this process until the signal. Its log goes to stderr, a JSON object a line. */
export async function startService({ settings, stateDir, serve: written, env, processes, ...listening }: ServiceOptions): Promise<void> {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));
  const { dispatch, organisations, hosts, ...own } = parseServeSettings(written ?? { file: '', value: {} }, kinds);
  const nodes = nodesOf(own.nodes, serviceNodes(settings, { asUser: processes }));
  const runtime = composeRuntime({ env: { MAYFLY_DOCKER_LOGINS: 'no', ...env }, stateDir, settings, nodes });
  try {
    await serve({
      ...listening,
      runtime,
      nodes,
      organisations,
      hosts,
      settings: dispatch,
      version: pkg.version,
      programs: dirname(programPath()),
      log,
    });
  } finally {
    runtime.close();
  }
}

/** Copies the service's database into a file, whether the service runs or not. */
export async function backUpService({ stateDir, file }: { stateDir: string; file: string }): Promise<void> {
  await backUp({ directory: directoryOf({ root: stateDir }), file, version: pkg.version });
}

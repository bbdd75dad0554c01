import { findSettings } from '../../../runtime/settings.js';
import { openReporting } from '../../reporting.js';
import { catchSignals } from '../../signals.js';
import type { Args } from './options.js';

/** Runs the service until a signal. Its code is a file of its own, since no other command needs it. */
export async function run(args: Args): Promise<void> {
  if (args.action === 'backup') return (await import('./backup.js')).run(args);
  const reporting = openReporting(args);
  const interrupts = catchSignals(true, reporting.note);
  try {
    const { settings, stateDir, serve } = await findSettings(process.cwd(), process.env, args);
    const { startService } = await import('./apart.js');
    await startService({
      ...{ settings, stateDir, serve, env: process.env, host: args.host, port: args.port },
      ...{ processes: args.processes, restored: args.restored },
      signal: interrupts.stop,
      onListening({ url, token }) {
        if (reporting.json) reporting.line({ type: 'listening', url, token });
        else reporting.out(welcome(url, token, args).join('\n'));
      },
    });
    reporting.note('Stopped. Its workers stay alive, and the next start continues with them.');
  } catch (thrown) {
    process.exitCode = reporting.fail(thrown);
  } finally {
    interrupts.release();
  }
}

/** The first lines: where it listens, and a command that gets a worker. */
function welcome(url: string, token: string | null, { processes }: Pick<Args, 'processes'>): string[] {
  if (token === null) return [`mayfly serves on ${url}`];
  // Without an image, it is a process.
  const engine = { ...(!processes && { image: 'alpine' }), command: ['sleep', '300'] };
  const body = JSON.stringify({ spec: { name: 'first', max_duration: 300, engine } });
  return [
    `mayfly serves on ${url}`,
    '',
    `The first token, which is not shown again: ${token}`,
    '',
    'A first worker:',
    `  curl ${url}/v1/runs -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'`,
  ];
}

import { MayflyError } from '../../errors.js';
import { findSettings } from '../../runtime/settings.js';
import type { CommonArgs } from '../declaration.js';
import { openReporting } from '../reporting.js';

const local = 'this command works without a service';
const onThisMachine = 'this command is about this machine';

/** Why a command cannot use a service, by its name. */
const reasons: Readonly<Record<string, string>> = {
  output: '`GET /v1/runs/ID/access` has the outputs',
  init: local,
  validate: local,
  schema: local,
  synth: local,
  graph: local,
  completion: local,
  gc: onThisMachine,
  cache: onThisMachine,
  unlock: onThisMachine,
  doctor: onThisMachine,
  keeper: onThisMachine,
  serve: onThisMachine,
};

/** Whether a command with these arguments uses a service; `null`: the settings are wrong, which is reported. */
export async function usesServer(args: CommonArgs): Promise<boolean | null> {
  try {
    return (await findSettings(process.cwd(), process.env, { server: args.server })).server !== null;
  } catch (thrown) {
    process.exitCode = openReporting(args).fail(thrown);
    return null;
  }
}

/** Reports that a command cannot use a service. */
export function refuse(command: string, args: CommonArgs): void {
  const cause = `${command} cannot be used with a server: ${reasons[command]}`;
  process.exitCode = openReporting(args).fail(
    new MayflyError('usage', { cause, remedy: 'give --server local to use this machine instead' }),
  );
}

import { MayflyError } from '../../../errors.js';
import type { Args } from './options.js';

const verbs = ['detach', 'attach', 'output', 'stop'] as const;
export type DetachedVerb = (typeof verbs)[number];

/** Options about detached commands, by their keys. */
export const detachedOptions = {
  ...{ detach: 'detach', attach: 'attach', output: 'output', stop: 'stop', timeout: 'timeout', keepOutput: 'keep-output' },
};

/** The option that makes this command one about a detached command; `null`: none is given. @throws MayflyError `usage` for options that exclude each other */
export function detachedVerb(args: Args): DetachedVerb | null {
  const given = (key: keyof Args) => args[key] !== undefined && args[key] !== false;
  const [verb = null, second] = verbs.filter(given);
  if (second) throw excluded(`--${verb} and --${second} exclude each other`, 'give one of them');
  if (verb !== 'detach') {
    if (given('timeout')) throw excluded('--timeout is about a command that is started with --detach', 'leave it out, or give --detach');
    if (given('keepOutput'))
      throw excluded('--keep-output is about a command that is started with --detach', 'leave it out, or give --detach');
  }
  if (verb === null) return null;
  if (args.tty || args.fresh) throw excluded(`--${verb} and --${args.tty ? 'tty' : 'fresh'} exclude each other`, 'give one of them');
  if (verb !== 'detach' && args.userCommand.length > 0) {
    throw excluded(`--${verb} is about a command that was started before`, 'leave the command out');
  }
  return verb;
}

function excluded(cause: string, remedy: string): MayflyError {
  return new MayflyError('usage', { cause, remedy });
}

import { toMayflyError } from '../../errors.js';
import { loadSpec } from '../../spec/load.js';
import { type CommonArgs, inSession } from '../session.js';
import { humanError } from '../views/error-view.js';
import { errorLines } from '../views/json-view.js';
import { warn } from './warn.js';

interface Args extends CommonArgs {
  specs: string[];
  name?: string;
}

/** Checks every file before it says how many are wrong. */
export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const { json, out, line, note, debug } = session;
    let worst = 0;
    for (const file of args.specs) {
      try {
        const { spec, warnings } = await loadSpec(file, { ...(args.name && { name: args.name }), env: process.env, cwd: process.cwd() });
        warn(session, warnings);
        if (json) line({ file, valid: true, name: spec.name });
        else out(`${file}: valid (${spec.name})`);
      } catch (thrown) {
        const error = toMayflyError(thrown);
        worst = Math.max(worst, error.exitCode);
        if (json) for (const one of errorLines(error)) line(one);
        else note(humanError(error, debug));
      }
    }
    return worst;
  });
}

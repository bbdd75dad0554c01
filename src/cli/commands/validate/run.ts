import { inSession } from '../../session.js';
import { specsOf } from '../shared/each-spec.js';
import { warn } from '../shared/warn.js';
import type { Args } from './options.js';

/** Checks every file, also after an error. */
export async function run(args: Args): Promise<void> {
  await inSession(args, async (session) => {
    const { json, out, line } = session;
    let worst = 0;
    for (const file of args.specs) {
      try {
        const loaded = await specsOf(file, args);
        for (const { warnings } of loaded) warn(session, warnings);
        if (json) for (const { spec } of loaded) line({ file, valid: true, name: spec.name });
        else out(`${file}: valid (${loaded.map(({ spec }) => spec.name).join(', ')})`);
      } catch (thrown) {
        worst = Math.max(worst, session.fail(thrown));
      }
    }
    return worst;
  });
}

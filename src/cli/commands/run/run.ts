import { runInWorker } from '../../../worker/run.js';
import type { Plan } from '../../../plan/plan.js';
import { inGracefulSession } from '../../session.js';
import { interruptedCode } from '../../signals.js';
import { summary } from '../../../views/plan-view.js';
import { collectedLine } from '../../../views/collected-view.js';
import { retainedLines } from '../../../views/retained-view.js';
import { commandOf } from '../../command-line.js';
import { paint } from '../../paint.js';
import { settingsOf } from '../shared/command-settings.js';
import { endingOf } from '../shared/ending.js';
import { askedRun } from './asked.js';
import type { Args } from './options.js';

/** Exits with the code of the command, or of the worker's end. Only the command writes to stdout. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async (session) => {
    const { call, note, passOn } = session;
    const command = commandOf(args, 'mayfly run ci.yaml --in build -- make test');
    const ending = endingOf(session, args);
    const settings = settingsOf(args, process.env);
    const { spec, origin, artifacts } = await askedRun(args, session, call.newId);
    try {
      const { code } = await runInWorker(call, spec, {
        ...(args.backend && { backend: args.backend }),
        strict: args.strict,
        origin,
        replace: args.replace,
        container: args.in,
        command,
        settings,
        ending,
        streams: { stdin: args.interactive ? process.stdin : null, ...passOn },
        artifacts,
        directory: process.cwd(),
        onPlan: (plan) => note([...copyWarnings(plan), summary(plan, paint)].join('\n')),
        onCollected(collected) {
          if (collected.length > 0) note(collectedLine(collected.flatMap(({ placed }) => placed ?? [])));
        },
        onRetained: (endsAt, fresh) => note(retainedLines({ worker: spec.name, container: args.in, endsAt, fresh, now: call.clock.now() })),
      });
      return code;
    } catch (error) {
      if (!call.stop.aborted) throw error;
      note(`Interrupted: ${spec.name} was ended.`);
      return interruptedCode;
    } finally {
      if (args.interactive) process.stdin.destroy();
    }
  });
}

function copyWarnings({ copies }: Plan): string[] {
  return copies.flatMap(({ warnings }) => warnings.map((text) => `${paint.yellow('Warning:')} ${text}`));
}

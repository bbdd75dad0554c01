import { loadSpec } from '../../../runtime/load-spec.js';
import { runName } from '../../../worker/run-name.js';
import { runInWorker } from '../../../worker/run.js';
import type { Plan } from '../../../plan/plan.js';
import { inGracefulSession } from '../../session.js';
import { interruptedCode } from '../../signals.js';
import { summary } from '../../../views/plan-view.js';
import { collectedLine } from '../../../views/collected-view.js';
import { retainedLines } from '../../../views/retained-view.js';
import { commandOf } from '../../command-line.js';
import { paint } from '../../paint.js';
import { assertContainer } from '../shared/assert-container.js';
import { settingsOf } from '../shared/command-settings.js';
import { withCopies } from '../shared/copy.js';
import { endingOf } from '../shared/ending.js';
import { warn } from '../shared/warn.js';
import { parseArtifact } from './artifact.js';
import type { Args } from './options.js';

/** Exits with the code of the command, or of the worker's end. Only the command writes to stdout. */
export async function run(args: Args): Promise<void> {
  await inGracefulSession({ ...args, json: false }, async (session) => {
    const { call, note, passOn } = session;
    const command = commandOf(args, 'mayfly run ci.yaml --in build -- make test');
    const ending = endingOf(session, args);
    const settings = settingsOf(args, process.env);
    const loaded = await loadSpec(args.spec, { ...(args.name && { name: args.name }), env: process.env, cwd: process.cwd() });
    const { warnings } = loaded;
    const named = args.name || args.replace ? loaded.spec : { ...loaded.spec, name: runName(loaded.spec.name, call.newId) };
    const spec = withCopies(named, args.copy);
    note(`${spec.name}: the worker of this run`);
    warn(session, warnings);
    const artifacts = (args.artifact ?? []).map(parseArtifact);
    for (const container of [args.in, ...artifacts.map((artifact) => artifact.container)]) assertContainer(spec, container);
    try {
      const { code } = await runInWorker(call, spec, {
        ...(args.backend && { backend: args.backend }),
        strict: args.strict,
        origin: loaded.origin,
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

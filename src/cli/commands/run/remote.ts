import { randomUUID } from 'node:crypto';
import { runInService } from '../../../client/run/run.js';
import { collectedLine } from '../../../views/collected-view.js';
import { planCopies } from '../../../worker/copies/planned.js';
import { commandOf } from '../../command-line.js';
import { paint } from '../../paint.js';
import { assertNone, portable } from '../../remote/portable.js';
import { inRemoteSession } from '../../remote/session.js';
import { interruptedCode } from '../../signals.js';
import { failed, progressOf } from '../apply/remote.js';
import { settingsOf } from '../shared/command-settings.js';
import { endingOf } from '../shared/ending.js';
import { askedRun } from './asked.js';
import type { Args } from './options.js';

/** As `run` of this command, in a run of a service. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession({ ...args, json: false }, async (session) => {
    assertNone(args, { strict: 'strict', applier: 'applier' });
    const { connection, call, note, passOn } = session;
    const command = commandOf(args, 'mayfly run ci.yaml --in build -- make test');
    const cancel = { ...endingOf(session, args), stop: call.stop, kill: call.abort };
    const settings = settingsOf(args, process.env);
    const asked = await askedRun(args, session, randomUUID);
    const { spec } = asked;
    const artifacts = [...spec.artifacts, ...asked.artifacts];
    const copies = await planCopies(spec.copy, process.env);
    for (const text of copies.flatMap(({ warnings }) => warnings)) note(`${paint.yellow('Warning:')} ${text}`);
    try {
      const { code, why } = await runInService(
        { ...connection, signal: call.abort },
        {
          ...{ spec, copies, artifacts, cancel, directory: process.cwd(), env: process.env, replace: args.replace, key: randomUUID() },
          file: portable({ ...spec, copy: [], artifacts: [] }, args.backend),
          exec: { ...settings, command, container: args.in, streams: { stdin: args.interactive ? process.stdin : null, ...passOn } },
          ...{ clock: call.clock, emit: call.emit, failed },
          onChange: (run) => note(`${spec.name}: ${progressOf(run, call.clock.now())}`),
          onCollected(collected) {
            if (collected.length > 0) note(collectedLine(collected.flatMap(({ placed }) => placed ?? [])));
          },
        },
      );
      if (why !== null) note(`${spec.name}: ${why}`);
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

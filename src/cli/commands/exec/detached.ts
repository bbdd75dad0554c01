import { text } from 'node:stream/consumers';
import type { Backend } from '../../../backends/ports/backend.js';
import { MayflyError } from '../../../errors.js';
import { amountOf, spellings } from '../../../spec/units.js';
import { engineName } from '../../../spec/worker-spec.js';
import { codeOfEnd, describeEnd } from '../../../worker/detached/end.js';
import { findDetached } from '../../../worker/detached/find.js';
import { type DetachedPlace, outputOfDetached, startDetached, stopDetached, waitForDetached } from '../../../worker/detached/index.js';
import { locateLiving } from '../../../worker/locate.js';
import { commandOf } from '../../command-line.js';
import type { Session } from '../../session.js';
import { interruptedCode } from '../../signals.js';
import { toDuration } from '../../times.js';
import { settingsOf } from '../shared/command-settings.js';
import type { DetachedVerb } from './detached-verb.js';
import type { Args } from './options.js';

/** Starts a detached command, or looks at one. @returns the exit code: that of the command at `--attach` */
export async function runDetached(session: Session, args: Args, verb: DetachedVerb): Promise<number> {
  if (verb === 'detach') return detach(session, args);
  const { call } = session;
  const { worker, container } = args;
  const backend = await locateLiving(call, worker, args.backend);
  const place = await findDetached(call, backend, { worker, container, id: args[verb]! });
  return verbs[verb](session, backend, place, args);
}

async function detach({ call, out }: Session, args: Args): Promise<number> {
  const command = commandOf(args, 'mayfly exec --detach ci build -- make test');
  const { worker, container = engineName } = args;
  const timeout = args.timeout === undefined ? null : toDuration(args.timeout, '--timeout', '--timeout 30m') * 1000;
  const cap = toBytes(args.keepOutput ?? '100MB');
  const settings = settingsOf(args, process.env);
  const backend = await locateLiving(call, worker, args.backend);
  const input = args.interactive ? await text(process.stdin) : null;
  const id = call.newId();
  await startDetached(call, backend, { worker, container, id, command, settings, input, timeout, cap });
  out(id);
  return 0;
}

type Verb = (session: Session, backend: Backend, place: DetachedPlace, args: Args) => Promise<number>;

const verbs: Record<Exclude<DetachedVerb, 'detach'>, Verb> = {
  async attach({ call, passOn, note }, backend, place) {
    try {
      const { cut } = await outputOfDetached(call, backend, place, { from: 0, follow: true }, passOn.stdout);
      const end = await waitForDetached(call, backend, place);
      if (cut) note(wasCut);
      const why = describeEnd(end);
      if (why !== null) note(`${place.id}: ${why}`);
      return codeOfEnd(end);
    } catch (error) {
      if (!call.stop.aborted) throw error;
      note(`The command continues: mayfly exec ${place.worker} --attach ${place.id}`);
      return interruptedCode;
    }
  },

  async output({ call, passOn, note }, backend, place) {
    const { cut } = await outputOfDetached(call, backend, place, { from: 0, follow: false }, passOn.stdout);
    if (cut) note(wasCut);
    return 0;
  },

  async stop({ call }, backend, place, args) {
    await stopDetached(call, backend, place, { grace: toDuration(args.grace, '--grace', '--grace 30s') * 1000 });
    return 0;
  },
};

const wasCut = 'The rest of the output was dropped: the command wrote more than its --keep-output';

/** Bytes of a size such as `100MB`. @throws MayflyError `usage` */
function toBytes(size: string): number {
  if (spellings.MB.test(size)) return Math.ceil(amountOf(size, 'MB') * 2 ** 20);
  throw new MayflyError('usage', {
    place: { path: '--keep-output' },
    cause: `must be a size, got ${JSON.stringify(size)}`,
    remedy: 'for example: --keep-output 100MB',
  });
}

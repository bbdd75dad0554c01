import { MayflyError } from '../../../errors.js';
import { listCaches, removeCacheNamed } from '../../../worker/cache-list.js';
import { lookCode } from '../../../worker/locate.js';
import { cachesDocument, cachesTable } from '../../../views/cache-view.js';
import { missing, noteUnreachable } from '../../../views/unreachable-view.js';
import { inSession, type Session } from '../../session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, (session) => (args.action === 'list' ? list(session, args) : remove(session, args)));
}

async function list({ call, json, out, line, note }: Session, { backend }: Args): Promise<number> {
  const { caches, unreachable } = await listCaches(call, backend);
  noteUnreachable(note, unreachable);
  if (json) line(cachesDocument(caches));
  else if (caches.length === 0) out(`No caches${missing(unreachable)}.`);
  else out(cachesTable(caches, call.clock.now()));
  return lookCode(unreachable);
}

async function remove({ call, json, out, line }: Session, { backend, name }: Args): Promise<number> {
  if (name === undefined) {
    throw new MayflyError('usage', {
      place: { path: 'name' },
      cause: 'no cache is named',
      remedy: 'name one: mayfly cache rm NAME; `mayfly cache list` shows them',
    });
  }
  const nodes = await removeCacheNamed(call, name, backend);
  if (json) line({ cache: name, removed_on: nodes });
  else for (const node of nodes) out(`removed the cache ${name} on ${node}`);
  return 0;
}

import type { SweptCache } from '../../../lease/cache-sweep.js';
import { sweep, type Swept } from '../../../lease/sweep.js';
import { lookCode, reachableBackends } from '../../../worker/locate.js';
import { inSession } from '../../session.js';
import { missing, noteUnreachable } from '../../../views/unreachable-view.js';
import type { Args } from './options.js';

/** Ends the workers that are due. Exits with 1 if a worker could not be ended, or a backend in use did not answer. */
export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line, note }) => {
    const { backends, unreachable } = await reachableBackends(call, args.backend);
    const { layout, clock, settings } = call;
    const workers: Swept[] = [];
    const caches: (SweptCache & { backend: string })[] = [];
    const tidied: string[] = [];
    for (const backend of backends) {
      const swept = await sweep({ backend, layout, clock, dryRun: args.dryRun, lockTimeout: settings.lockTimeout });
      workers.push(...swept.workers);
      caches.push(...swept.caches.map((one) => ({ ...one, backend: backend.name })));
      tidied.push(...swept.tidied);
    }
    const code = workers.some(({ error }) => error !== null) ? 1 : lookCode(unreachable);
    if (json) {
      line({
        dry_run: args.dryRun,
        workers: workers.map(({ error, ...worker }) => ({ ...worker, error: error && { code: error.code, cause: error.message } })),
        caches,
        tidied,
        unreachable: unreachable.map(({ backend, error, inUse }) => ({ backend, cause: error.message, in_use: inUse })),
      });
      return code;
    }
    const verb = args.dryRun ? 'would end' : 'ended';
    for (const { worker, backend, why, error, warnings } of workers) {
      for (const warning of warnings) note(warning);
      if (error) note(`${worker} on ${backend}: could not be ended yet: ${error.message}`);
      else out(`${verb} ${worker} on ${backend} (${why})`);
    }
    for (const { cache, backend, reason } of caches)
      out(`${args.dryRun ? 'would remove' : 'removed'} the cache ${cache} on ${backend} (${reason})`);
    for (const title of tidied) out(`${args.dryRun ? 'would remove' : 'removed'} ${title}, which no worker needs`);
    if (workers.length + caches.length + tidied.length === 0) out(`Nothing is due${missing(unreachable)}.`);
    noteUnreachable(note, unreachable);
    return code;
  });
}

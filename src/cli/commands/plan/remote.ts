import { humanOffers } from '../../../views/offers-view.js';
import { assertNone, portable } from '../../remote/portable.js';
import { inRemoteSession } from '../../remote/session.js';
import { eachWorker, specsOf } from '../shared/each-spec.js';
import { warn } from '../shared/warn.js';
import type { Args } from './options.js';

const locally = { strict: 'strict', applier: 'applier', out: 'out', detailedExitcode: 'detailed-exitcode', markdown: 'markdown' };

/** Exits with 3 when no node can ever take the spec. */
export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    assertNone(args, locally);
    const named = (await specsOf(args.spec, args)).map((item) => ({ name: item.spec.name, item }));
    return eachWorker(session, named, async ({ client, json, line, out, call }, { spec, warnings }) => {
      const offers = await client.offers(portable(spec, args.backend));
      return () => {
        if (json) line({ offers });
        else out(humanOffers(spec.name, offers));
        warn({ call }, warnings);
        return offers.every(({ accepted }) => accepted === false) ? 3 : 0;
      };
    });
  });
}

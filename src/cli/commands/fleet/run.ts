import { FleetClient, type NewFleet } from '../../../client/fleets.js';
import { MayflyError } from '../../../errors.js';
import { fleetEventsTable, fleetsTable, humanFleet } from '../../../views/fleet-view.js';
import { portable } from '../../remote/portable.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { specsOf } from '../shared/each-spec.js';
import { labelsOf } from '../shared/labels.js';
import { warn } from '../shared/warn.js';
import type { Args } from './options.js';

type Action = (session: RemoteSession, client: FleetClient, args: Args & { fleet: string }) => Promise<void>;

const actions: Readonly<Record<Exclude<Args['action'], 'list'>, Action>> = {
  async show(session, client, { fleet }) {
    show(session, await client.one(fleet));
  },
  async add(session, client, args) {
    show(session, await client.add(await newFleet(session, args)));
  },
  async set(session, client, { fleet, min, max, idle, aux }) {
    show(session, await client.set(fleet, { min, max, idle, aux }));
  },
  async rm({ json, line, out }, client, { fleet }) {
    const removed = await client.remove(fleet);
    if (json) line(removed);
    else out(`${fleet} is removed, and its workers are being ended.`);
  },
  async access({ json, line, out }, client, { fleet }) {
    const workers = await client.access(fleet);
    if (json) line({ workers });
    else if (workers.length === 0) out('No worker is ready.');
    else for (const { worker, node, outputs } of workers) out(`${worker} on ${node}\n${JSON.stringify(outputs, null, 2)}`);
  },
  async events({ call, json, line, out }, client, { fleet }) {
    const events = await client.events(fleet);
    if (json) line({ events });
    else out(fleetEventsTable(events, call.clock.now()));
  },
};

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    const client = new FleetClient(session.connection);
    if (args.action === 'list') await list(session, client);
    else await actions[args.action](session, client, { ...args, fleet: args.fleet ?? missing(args.action, 'FLEET') });
    return 0;
  });
}

async function list({ json, line, out }: RemoteSession, client: FleetClient): Promise<void> {
  const fleets = await client.all();
  if (json) line({ fleets });
  else out(fleets.length === 0 ? 'No fleets.' : fleetsTable(fleets));
}

function show({ call, json, line, out }: RemoteSession, fleet: Parameters<typeof humanFleet>[0]): void {
  if (json) line(fleet);
  else out(humanFleet(fleet, call.clock.now()));
}

async function newFleet(session: RemoteSession, args: Args & { fleet: string }): Promise<NewFleet> {
  const { fleet: name, spec, min, max, idle, aux, backend, on } = args;
  const [found, second] = await specsOf(spec ?? missing('add', '--spec FILE'), {});
  if (!found || second)
    throw new MayflyError('usage', { place: { file: spec! }, cause: 'has several workers', remedy: 'a fleet has one: name another file' });
  warn(session, found.warnings);
  const sizes = { min: min ?? max ?? missing('add', '--max N'), max: max ?? min ?? 1 };
  return {
    name,
    spec: portable(found.spec, backend),
    ...sizes,
    ...(idle !== undefined && { idle }),
    ...(aux !== undefined && { aux }),
    nodes: labelsOf('--on', on),
  };
}

function missing(action: string, words: string): never {
  throw new MayflyError('usage', {
    cause: `${words} is missing`,
    remedy: `run mayfly fleet ${action} ${words === 'FLEET' ? '' : 'FLEET '}${words}`,
  });
}

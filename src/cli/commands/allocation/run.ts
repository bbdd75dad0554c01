import { AllocationClient } from '../../../client/allocations.js';
import type { AllocationReply, FleetEventReply } from '../../../client/documents.js';
import { MayflyError } from '../../../errors.js';
import { allocationsTable, humanAllocation } from '../../../views/allocation-view.js';
import { fleetEventsTable } from '../../../views/fleet-view.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { labelsOf } from '../shared/labels.js';
import { keepAlive, reasonOf, untilGranted } from './keep-alive.js';
import type { Args } from './options.js';

type Action = (session: RemoteSession, client: AllocationClient, args: Args, target: string) => Promise<void>;

const actions: Readonly<Record<Exclude<Args['action'], 'list'>, Action>> = {
  async add(session, client, args, target) {
    const made = await client.add(newAllocation(args, target));
    if (args.hold) return hold(session, client, made);
    show(session, args.wait ? await untilGranted(session, client, made) : made);
  },
  async show(session, client, _args, target) {
    show(session, await client.one(target));
  },
  async renew(session, client, { interval }, target) {
    show(session, await client.renew(target, interval));
  },
  async free(session, client, _args, target) {
    show(session, await client.free(target));
  },
  async events({ call, json, line, out }, client, _args, target) {
    const events = await client.events(target);
    if (json) line({ events });
    else out(fleetEventsTable(events.map(withoutId), call.clock.now()));
  },
};

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    const client = new AllocationClient(session.connection);
    const { action, target } = args;
    if (action === 'list') await list(session, client, target);
    else await actions[action](session, client, args, target ?? missing(action, action === 'add' ? 'FLEET' : 'ALLOCATION'));
    return 0;
  });
}

async function list({ call, json, line, out }: RemoteSession, client: AllocationClient, fleet: string | undefined): Promise<void> {
  const allocations = await client.all(fleet);
  if (json) line({ allocations });
  else out(allocations.length === 0 ? 'No allocations.' : allocationsTable(allocations, call.clock.now()));
}

/** Shows the grant, and renews it until its end. The first signal frees it. */
async function hold(session: RemoteSession, client: AllocationClient, made: AllocationReply): Promise<void> {
  const { connection, call, note } = session;
  const { id } = made;
  try {
    show(session, await untilGranted(session, client, made));
    const ended = await keepAlive(session, client, made, ({ state }) => state === 'closing' || state === 'ended');
    note(`${id} has ended: ${reasonOf(ended)}`);
  } catch (error) {
    if (!call.stop.aborted) throw error;
    await new AllocationClient({ ...connection, signal: call.abort }).free(id);
    note(`${id} is freed. Running tasks continue.`);
  }
}

function show({ call, json, line, out }: RemoteSession, allocation: AllocationReply): void {
  if (json) line(allocation);
  else out(humanAllocation(allocation, call.clock.now()));
}

function newAllocation({ cpu, memory, maxCpu, maxMemory, ttl, in: container, label, interval }: Args, fleet: string) {
  const min = { cpu: cpu ?? missing('add', '--cpu N'), memory: memory ?? missing('add', '--memory N') };
  const max = { cpu: maxCpu ?? min.cpu, memory: maxMemory ?? min.memory };
  return { fleet, container, min, max, labels: labelsOf('--label', label), ttl: ttl ?? missing('add', '--ttl TIME'), interval };
}

/** The id of the allocation is known. */
function withoutId({ data: { allocation: _, ...data }, ...event }: FleetEventReply): FleetEventReply {
  return { ...event, data };
}

function missing(action: string, words: string): never {
  const before = words.startsWith('--') ? 'FLEET ' : '';
  throw new MayflyError('usage', { cause: `${words} is missing`, remedy: `run mayfly allocation ${action} ${before}${words}` });
}

import { v4 } from 'uuid';
import type { Clock } from '../../clock.js';
import { MayflyError, type Problem } from '../../errors.js';
import { totals } from '../../spec/worker-spec.js';
import type { Fleet, FleetChange } from '../../tasks/fleets/fleet.js';
import { assertPossible, type Intake } from '../intake.js';
import type { Limits } from '../limits.js';
import type { Node } from '../nodes/node.js';
import type { Answer } from '../nodes/offers.js';
import type { Store } from '../store/store.js';
import type { Fleets } from './fleets.js';
import { hasLabels } from './picture.js';

/** The fields of a fleet that a request sets. */
export type FleetRequest = Pick<
  Fleet,
  'organisation' | 'name' | 'spec' | 'min' | 'max' | 'idle' | 'aux' | 'nodes' | 'priority' | 'labels'
> & {
  /** Seals the spec's secrets for a fleet; `null`: it has none. */
  secrets(fleet: string): Uint8Array | null;
  bodyHash: string;
  /** The token that asks. */
  by: string;
};

export interface FleetCommandParts {
  store: Pick<Store, 'fleets'>;
  fleets: Fleets;
  intake: Intake;
  nodes: ReadonlyMap<string, Node>;
  limits: Limits;
  clock: Pick<Clock, 'now'>;
}

/** Changes of fleets that people ask for. */
export class FleetCommands {
  constructor(private readonly parts: FleetCommandParts) {}

  /**
   * Stores a fleet. Its workers are queued soon.
   *
   * @returns `created: false`: an earlier request with the same body has made it
   * @throws MayflyError `no_backend` where no node with the labels can ever take its workers, `spec_invalid`, `limit_exceeded`, `key_reused` for a name that
   * another fleet has
   */
  async create({ secrets, bodyHash, by, ...asked }: FleetRequest): Promise<{ fleet: Fleet; created: boolean }> {
    const { store, fleets, intake, nodes, limits, clock } = this.parts;
    const answers = await intake.assertPossible(asked.organisation, asked.spec);
    assertPossible(
      asked.spec,
      answers.map((answer) => withLabels(answer, nodes.get(answer.node), asked.nodes)),
    );
    assertWithin(limits, asked, 'min');
    const now = clock.now();
    const fleet: Fleet = { ...asked, id: v4(), revision: 0, state: 'open', createdAt: now, closedAt: null };
    const data = { by, min: fleet.min, max: fleet.max };
    const event = { at: now, type: 'created', data };
    const inserted = await store.fleets.insert({ fleet, secrets: secrets(fleet.id), bodyHash, event });
    if (inserted.stored) {
      fleets.add(fleet);
      return { fleet, created: true };
    }
    if (inserted.bodyHash !== bodyHash || inserted.existing.state !== 'open') throw nameTaken(fleet.name);
    return { fleet: inserted.existing, created: false };
  }

  /** @throws MayflyError `not_possible` for a fleet that was removed, `limit_exceeded` */
  async change(fleet: Fleet, change: Omit<FleetChange, 'state' | 'closedAt'>, by: string): Promise<Fleet> {
    assertWithin(this.parts.limits, { ...fleet, ...change }, 'min');
    if (fleet.state !== 'open') throw wasRemoved(fleet.name);
    return (await this.parts.fleets.change(fleet.id, change, { type: 'changed', data: { by, ...change } })) ?? fleet;
  }

  /** Ends all workers of a fleet. It is closed when they are gone. */
  async remove(fleet: Fleet, by: string): Promise<Fleet> {
    if (fleet.state !== 'open') return fleet;
    return (await this.parts.fleets.change(fleet.id, { state: 'closing' }, { type: 'removed', data: { by } })) ?? fleet;
  }
}

/** The answer of a node without the labels is a refusal. */
function withLabels(answer: Answer, node: Node | undefined, labels: Fleet['nodes']): Answer {
  if (!('offer' in answer) || (node && hasLabels(node, labels))) return answer;
  const written = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return { ...answer, offer: { ...answer.offer, accepted: false, reasons: [`the node does not have the labels ${written.join(', ')}`] } };
}

/**
 * @param path of `min` in the request
 * @throws MayflyError `spec_invalid` for a `min` above `max`, `limit_exceeded` if the organisation may never have `min` workers at the same time
 */
export function assertWithin(
  limits: Limits,
  { organisation, spec, min, max }: Pick<Fleet, 'organisation' | 'spec' | 'min' | 'max'>,
  path: string,
): void {
  if (min > max) throw minAboveMax({ min, max }, path);
  const most = limits.shares[organisation]?.most ?? {};
  const asks = { ...totals(spec), workers: 1 };
  const problems = (['cpu', 'memory', 'workers'] as const).flatMap((kind): Problem[] => {
    const limit = most[kind];
    if (limit === undefined || min * asks[kind] <= limit) return [];
    const cause = `${min} workers have ${min * asks[kind]} ${kind === 'workers' ? 'places' : kind}, and the organisation may have ${limit}`;
    return [{ place: { path }, cause, remedy: 'ask for fewer workers, or for smaller ones' }];
  });
  if (problems.length > 0) throw new MayflyError('limit_exceeded', { ...problems[0]!, problems });
}

function minAboveMax({ min, max }: Pick<Fleet, 'min' | 'max'>, path: string): MayflyError {
  const cause = `must be at most \`max\`: min is ${min}, and max is ${max}`;
  return new MayflyError('spec_invalid', { place: { path }, cause, remedy: 'lower `min`, or raise `max`' });
}

function nameTaken(name: string): MayflyError {
  return new MayflyError('key_reused', {
    place: { path: name },
    cause: 'another fleet of the organisation has this name',
    remedy: 'use another name, or remove the fleet, and wait until its workers are gone',
  });
}

function wasRemoved(name: string): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: name },
    cause: 'the fleet was removed, and its workers are being ended',
    remedy: 'make a new fleet when they are gone',
  });
}

import { MayflyError } from '../../errors.js';
import type { Fleet } from '../../tasks/fleets/fleet.js';
import type { Token } from '../store/store.js';

/** @throws MayflyError `fleet_unknown`, also for another organisation's fleet */
export function ownFleet(fleets: { find(organisation: string, name: string): Fleet | undefined }, token: Token, name = ''): Fleet {
  const fleet = fleets.find(token.organisation, name);
  if (fleet) return fleet;
  throw new MayflyError('fleet_unknown', {
    place: { path: name },
    cause: 'the organisation has no fleet with this name',
    remedy: 'see GET /v1/fleets',
  });
}

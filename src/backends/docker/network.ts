import { MayflyError } from '../../errors.js';
import type { NetworkInspect } from './api-types.js';
import { EngineError, type HttpClient, isStatus } from './http-client.js';

/** The bridge that the engines of all workers join. */
export const bridgeName = 'mayfly';

/** Label that distinguishes our bridge from a user's network of the same name. */
const bridgeLabel = 'dev.mayfly.network';

/** Largest number of checks after a change, because other commands change the bridge at the same time. */
const maxChecks = 10;

/**
 * Makes the bridge if it is missing. The daemon's names are no locks: two commands at once may both make a bridge, and then no container can
 * start, because the name is ambiguous. So the bridges are listed again afterwards, and all but one are removed.
 *
 * @throws MayflyError `foreign_object` if a network of this name is not ours
 */
export async function ensureBridge(http: HttpClient): Promise<void> {
  for (let look = 0; look < maxChecks; look += 1) {
    const found = await findBridges(http);
    for (const network of found) assertOurBridge(network);
    if (found.length === 1) return;
    if (found.length === 0) await createBridge(http);
    else await removeSuperfluous(http, found);
  }
  throw new MayflyError('backend_refused', {
    place: { path: bridgeName },
    cause: `there are several docker networks named ${bridgeName}, and they are in use`,
    remedy: `remove all but one: docker network ls --filter name=${bridgeName}`,
  });
}

/** Runs work that needs the bridge. If the bridge was missing, makes it and runs the work once more. */
export async function withBridge<T>(http: HttpClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBridgeTrouble(error)) throw error;
    await ensureBridge(http);
    return work();
  }
}

/** Whether the bridge was the reason: it was removed after the last worker, or there were two for a moment. (The daemon gives no code.) */
function isBridgeTrouble(error: unknown): boolean {
  return error instanceof EngineError && /network .* (not found|is ambiguous)/i.test(error.message);
}

/** Removes the bridge if it is ours and unused. @returns whether it was removed, or with `dryRun` would be */
export async function removeUnusedBridge(http: HttpClient, dryRun: boolean): Promise<boolean> {
  const ours = (await findBridges(http)).filter(({ Labels }) => Labels?.[bridgeLabel]);
  const unused = (await inspectAll(http, ours)).filter((network) => !isUsed(network));
  if (dryRun) return unused.length > 0;
  const removed = await Promise.all(unused.map(({ Id }) => removeBridge(http, Id)));
  return removed.includes(true);
}

async function createBridge(http: HttpClient): Promise<void> {
  try {
    await http.json('POST', '/networks/create', {
      body: {
        Name: bridgeName,
        CheckDuplicate: true,
        Driver: 'bridge',
        Labels: { [bridgeLabel]: 'bridge' },
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      },
    });
  } catch (error) {
    // Another command has made it meanwhile.
    if (!isStatus(error, 409)) throw error;
  }
}

/** Keeps the bridge in use, or the oldest one, so that simultaneous commands decide the same. */
async function removeSuperfluous(http: HttpClient, found: readonly NetworkInspect[]): Promise<void> {
  const byAge = (await inspectAll(http, found)).sort((a, b) => (a.Created + a.Id < b.Created + b.Id ? -1 : 1));
  const keep = byAge.find(isUsed) ?? byAge[0];
  await Promise.all(byAge.filter((network) => network !== keep && !isUsed(network)).map(({ Id }) => removeBridge(http, Id)));
}

/** @returns false if it is already removed, or an engine has joined it meanwhile */
async function removeBridge(http: HttpClient, id: string): Promise<boolean> {
  try {
    await http.text('DELETE', `/networks/${id}`);
    return true;
  } catch (error) {
    if (isStatus(error, 403, 404, 409)) return false;
    throw error;
  }
}

/** Finds bridges in the list of networks, because an ambiguous name cannot be inspected. */
async function findBridges(http: HttpClient): Promise<NetworkInspect[]> {
  const filters = JSON.stringify({ name: [bridgeName] });
  // The filter also finds names that only contain this one.
  return (await http.json<NetworkInspect[]>('GET', '/networks', { query: { filters } })).filter(({ Name }) => Name === bridgeName);
}

/** Networks with their containers, which the list does not show. Networks removed meanwhile are left out. */
async function inspectAll(http: HttpClient, networks: readonly NetworkInspect[]): Promise<NetworkInspect[]> {
  const inspected = await Promise.all(
    networks.map(({ Id }) =>
      http.json<NetworkInspect>('GET', `/networks/${Id}`).catch((error: unknown) => {
        if (isStatus(error, 404)) return null;
        throw error;
      }),
    ),
  );
  return inspected.filter((network) => network !== null);
}

function isUsed({ Containers }: NetworkInspect): boolean {
  return Object.keys(Containers ?? {}).length > 0;
}

function assertOurBridge(network: NetworkInspect): void {
  if (network.Labels?.[bridgeLabel]) return;
  throw new MayflyError('foreign_object', {
    place: { path: bridgeName },
    cause: `a docker network named ${bridgeName} exists and was not made by mayfly`,
    remedy: `remove or rename it: docker network rm ${bridgeName}`,
  });
}

import { MayflyError } from '../../errors.js';
import type { NetworkInspect } from './api-types.js';
import { EngineError, type HttpClient, isStatus } from './http-client.js';

/** The bridge that the engines of all workers join. */
export const bridgeName = 'mayfly';

/** Tells our bridge from a user's network of the same name. */
const bridgeLabel = 'dev.mayfly.network';

/** How often it is looked at again after a change: others change it at the same time. */
const looks = 10;

/**
 * Makes the bridge when missing. The daemon's names are no locks: of two commands that make it at once both may succeed, and then
 * no container can be started on a name that means two. So it is looked at again after it was made, and all but one go.
 *
 * @throws MayflyError `foreign_object` when a network of that name isn't ours.
 */
export async function ensureBridge(http: HttpClient): Promise<void> {
  for (let look = 0; look < looks; look += 1) {
    const found = await findBridges(http);
    for (const network of found) assertOurBridge(network);
    if (found.length === 1) return;
    if (found.length === 0) await createBridge(http);
    else await removeSuperfluous(http, found);
  }
  throw new MayflyError('backend_refused', {
    place: { path: bridgeName },
    cause: `there is more than one docker network named ${bridgeName}, and they are in use`,
    remedy: `remove all but one: docker network ls --filter name=${bridgeName}`,
  });
}

/** Makes or starts what needs the bridge, once more where that was missing. */
export async function withBridge<T>(http: HttpClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBridgeTrouble(error)) throw error;
    await ensureBridge(http);
    return work();
  }
}

/** It failed for want of the one bridge: that was tidied away between two workers, or there are two for a moment. */
function isBridgeTrouble(error: unknown): boolean {
  return error instanceof EngineError && /network .* (not found|is ambiguous)/i.test(error.message);
}

/** Removes the bridge when it is ours and nothing uses it. @returns whether it went, or would go. */
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
    // Another command made it meanwhile.
    if (!isStatus(error, 409)) throw error;
  }
}

/** Keeps the one in use, else the oldest: whoever looks at the same time decides the same. */
async function removeSuperfluous(http: HttpClient, found: readonly NetworkInspect[]): Promise<void> {
  const byAge = (await inspectAll(http, found)).sort((a, b) => (a.Created + a.Id < b.Created + b.Id ? -1 : 1));
  const keep = byAge.find(isUsed) ?? byAge[0];
  await Promise.all(byAge.filter((network) => network !== keep && !isUsed(network)).map(({ Id }) => removeBridge(http, Id)));
}

/** @returns false when it is gone, or an engine joined it meanwhile */
async function removeBridge(http: HttpClient, id: string): Promise<boolean> {
  try {
    await http.text('DELETE', `/networks/${id}`);
    return true;
  } catch (error) {
    if (isStatus(error, 403, 404, 409)) return false;
    throw error;
  }
}

/** By the list, since a name that two have cannot be asked for. */
async function findBridges(http: HttpClient): Promise<NetworkInspect[]> {
  const filters = JSON.stringify({ name: [bridgeName] });
  // The filter also finds what only contains the name.
  return (await http.json<NetworkInspect[]>('GET', '/networks', { query: { filters } })).filter(({ Name }) => Name === bridgeName);
}

/** Who uses them, which a list does not say; without those that went meanwhile. */
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

import { MayflyError } from '../../errors.js';
import type { NetworkInspect } from './api-types.js';
import { type HttpClient, isStatus } from './http-client.js';

/** The bridge that the engines of all workers join. */
export const bridgeName = 'mayfly';

/** Tells our bridge from a user's network of the same name. */
const bridgeLabel = 'dev.mayfly.network';

/** Makes the bridge when missing. @throws MayflyError `foreign_object` when a network of that name isn't ours. */
export async function ensureBridge(http: HttpClient): Promise<void> {
  const found = await inspectBridge(http);
  if (found) return assertOurBridge(found);
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
    const made = isStatus(error, 409) ? await inspectBridge(http) : null;
    if (!made) throw error;
    assertOurBridge(made);
  }
}

/** Removes the bridge when it is ours and nothing uses it. @returns whether it went, or would go. */
export async function removeUnusedBridge(http: HttpClient, dryRun: boolean): Promise<boolean> {
  const found = await inspectBridge(http);
  if (!found?.Labels?.[bridgeLabel] || Object.keys(found.Containers ?? {}).length > 0) return false;
  if (dryRun) return true;
  try {
    await http.text('DELETE', `/networks/${found.Id}`);
    return true;
  } catch (error) {
    // Gone, or an engine joined it meanwhile.
    if (isStatus(error, 403, 404, 409)) return false;
    throw error;
  }
}

async function inspectBridge(http: HttpClient): Promise<NetworkInspect | null> {
  try {
    return await http.json<NetworkInspect>('GET', `/networks/${bridgeName}`);
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

function assertOurBridge(network: NetworkInspect): void {
  if (network.Labels?.[bridgeLabel]) return;
  throw new MayflyError('foreign_object', {
    place: { path: bridgeName },
    cause: `a docker network named ${bridgeName} exists and was not made by mayfly`,
    remedy: `remove or rename it: docker network rm ${bridgeName}`,
  });
}

import type { Clock } from '../../../clock.js';
import { MayflyError } from '../../../errors.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, CallContext, Driver } from '../../ports/driver.js';
import type { ContainerInspect } from '../api-types.js';
import { type HttpClient, isStatus } from '../http-client.js';
import { withBridge } from '../network.js';
import { asDocker } from '../podman.js';
import { pullImage } from '../pull.js';
import { removeContainer } from '../remove.js';
import { createBody, memoryBody, volumeNames } from './container-body.js';
import { adoptedAttributes, readContainer } from './container-read.js';
import { completeFrom, type ImageConfig } from './image-config.js';
import { cutOffMode, isCutOff, joinedBy } from './joined-network.js';
import { assertOurs, createLabels, wantedLabels } from './ownership.js';
import { putFiles } from './put-files.js';
import { explain } from './refusals.js';
import { containerSchema } from './schemas.js';
import { Turns } from './turns.js';

/** Milliseconds between two checks of a container that must become healthy (`wait`). */
const healthPoll = 100;

/** The driver of containers. `env`: leads to the user's registry credentials. */
export function containerDriver(http: HttpClient, clock: Clock, env: Record<string, string | undefined> = process.env): Driver {
  /** Keys: ids of images. An image's configuration never changes. */
  const imageConfigs = new Map<string, Promise<ImageConfig | null>>();
  const creating = new Turns();
  const joinedLooks = new Map<string, Promise<ContainerInspect | null>>();

  const inspect = async (id: string, known: Attributes, signal?: AbortSignal): Promise<ContainerInspect | null> => {
    try {
      const found = await http.json<ContainerInspect>('GET', `/containers/${id}/json`, { signal });
      return http.podman ? asDocker(found, known) : found;
    } catch (error) {
      if (isStatus(error, 404)) return null;
      throw error;
    }
  };

  /** An image's configuration; `null` if the image of a living container was removed by force. */
  const imageConfig = (image: string): Promise<ImageConfig | null> => {
    const known = imageConfigs.get(image);
    if (known) return known;
    const asked = http.json<{ Config: ImageConfig | null }>('GET', `/images/${image}/json`).then(
      ({ Config }) => Config ?? {},
      (error) => {
        imageConfigs.delete(image);
        if (isStatus(error, 404)) return null;
        throw error;
      },
    );
    imageConfigs.set(image, asked);
    return asked;
  };

  const make = (wanted: Attributes, signal: AbortSignal) => {
    const create = () =>
      http.json<{ Id: string }>('POST', '/containers/create', {
        query: { name: String(wanted['name']) },
        body: createBody(wanted, { mounts: http.podman === '' }),
        signal,
      });
    // The daemon fills an empty volume from the image. Two containers at once would disturb each other.
    return creating.take(volumeNames(wanted), () => withBridge(http, create));
  };

  const makeOrPull = async (address: string, wanted: Attributes, { emit, pullSecret, signal }: CallContext) => {
    try {
      return await make(wanted, signal);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
      await pullImage(http, String(wanted['image']), pullSecret(address), { emit, signal, clock, env });
      return make(wanted, signal);
    }
  };

  const isThere = async (image: string, signal: AbortSignal): Promise<boolean> => {
    try {
      await http.json('GET', `/images/${image}/json`, { signal });
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return false;
      throw error;
    }
  };

  /** Shares one inspection among simultaneous calls: all containers that joined an engine inspect that engine. */
  const inspectJoined = (id: string): Promise<ContainerInspect | null> => {
    const looking = joinedLooks.get(id) ?? inspect(id, {}).finally(() => joinedLooks.delete(id));
    joinedLooks.set(id, looking);
    return looking;
  };

  const actualOf = async (found: ContainerInspect, known: Attributes): Promise<Actual> => {
    const actual = toActual(found, known);
    const joined = joinedBy(found);
    if (joined === null || !isCutOff(found, await inspectJoined(joined))) return actual;
    return { ...actual, attributes: { ...actual.attributes, network_mode: cutOffMode(found.HostConfig.NetworkMode) } };
  };

  const read = async (id: string, known: Attributes): Promise<Actual | null> => {
    const found = await inspect(id, known);
    return found && actualOf(found, known);
  };

  return {
    schema: containerSchema,
    read,

    async adopt(id, wanted) {
      const found = await inspect(id, wanted);
      return found && actualOf(found, adoptedAttributes(found, wanted, (await imageConfig(found.Image))?.Env ?? []));
    },

    async completion(id) {
      const found = await inspect(id, {});
      const image = found && (await imageConfig(found.Image));
      return (configured) => (image ? completeFrom(image, id, configured) : configured);
    },

    async prepare(address, wanted, { emit, pullSecret, signal }) {
      const name = String(wanted['name']);
      const existing = await inspect(name, wanted, signal);
      if (existing) assertOurs('container', name, wantedLabels(wanted), existing.Config.Labels);
      const image = String(wanted['image']);
      if (!(await isThere(image, signal))) await pullImage(http, image, pullSecret(address), { emit, signal, clock, env });
    },

    async create(address, wanted, context) {
      const labels = wantedLabels(wanted);
      try {
        const { Id } = await makeOrPull(address, wanted, context);
        return { id: Id, attributes: { ...wanted, id: Id }, labels: createLabels(wanted) };
      } catch (error) {
        if (!isStatus(error, 409)) throw explain(error, wanted);
        const existing = await inspect(String(wanted['name']), wanted, context.signal);
        // The name was in use by a container that was just being removed.
        if (!existing) return this.create(address, wanted, context);
        assertOurs('container', String(wanted['name']), labels, existing.Config.Labels);
        // Its environment may hold other keys: another machine may have made it.
        const adopted = await this.adopt!(existing.Id, wanted);
        return adopted ? { ...adopted, found: true } : this.create(address, wanted, context);
      }
    },

    async start(id, wanted, context) {
      try {
        await startOn(http, id, wanted, context);
      } catch (error) {
        throw explain(error, wanted);
      }
      if (wanted['wait'] === true)
        await untilHealthy(clock, Number(wanted['wait_timeout']), (signal) => inspect(id, wanted, signal), context.signal);
      return (await read(id, wanted))!;
    },

    async update(id, wanted, changes, context) {
      const paths = changes.map(({ path }) => path);
      if (paths.includes('must_run')) await startOn(http, id, wanted, context);
      if (paths.some((path) => path.startsWith('memory') || path === 'restart')) {
        if (http.podman) throw notInPlace();
        await http.json('POST', `/containers/${id}/update`, {
          body: { ...memoryBody(wanted), RestartPolicy: { Name: wanted['restart'] ?? 'no' } },
          signal: context.signal,
        });
      }
      return (await read(id, wanted))!;
    },

    async delete(id, known, { signal }) {
      await removeContainer(http, clock, id, Number(known['destroy_grace_seconds'] ?? 0), signal);
    },
  };
}

function toActual(found: ContainerInspect, known: Attributes): Actual {
  return { id: found.Id, attributes: readContainer(found, known), labels: found.Config.Labels ?? {} };
}

/** Its files are put in before each start: the container may be left by an apply that was killed before it put them in. */
async function startOn(http: HttpClient, id: string, wanted: Attributes, { signal }: CallContext): Promise<void> {
  await putFiles(http, id, wanted, signal);
  try {
    await withBridge(http, () => http.text('POST', `/containers/${id}/start`, { signal }));
  } catch (error) {
    if (!isStatus(error, 304)) throw error;
  }
}

async function untilHealthy(
  clock: Clock,
  seconds: number,
  inspect: (signal: AbortSignal) => Promise<ContainerInspect | null>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.now() + seconds * 1000;
  for (;;) {
    const state = (await inspect(signal))?.State;
    if (state?.Health?.Status === 'healthy') return;
    if (!state?.Running || clock.now() >= deadline) {
      throw new MayflyError('not_ready', {
        cause: state?.Running ? `did not become healthy within ${seconds} s` : 'ended before it became healthy',
        remedy: 'see its log with `mayfly logs`, and its healthcheck',
      });
    }
    await clock.sleep(healthPoll, signal);
  }
}

/** Podman would change it, but continues to report the original values. */
function notInPlace(): MayflyError {
  return new MayflyError('backend_refused', {
    cause: 'podman does not change the memory of a container in place',
    remedy: 'run `mayfly destroy`, then apply again',
  });
}

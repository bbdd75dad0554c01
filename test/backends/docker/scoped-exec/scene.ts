import { listContainers } from '../../../../src/backends/docker/objects.js';
import { parseEndpoint } from '../../../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../../../src/backends/docker/http-client.js';
import { serveScopedExec } from '../../../../src/backends/docker/scoped-exec/index.js';
import { type Clock, systemClock } from '../../../../src/clock.js';
import { labelKeys } from '../../../../src/labels.js';
import { must } from '../../../support/docker.js';
import { afterTest, tempDir } from '../../../support/temp-dir.js';

export interface Served {
  socketPath: string;
  /** For `DOCKER_HOST`. */
  host: string;
  warnings: { fields: Record<string, unknown>; message: string }[];
  close(): Promise<void>;
}

/** The socket of a worker on a daemon, as a keeper serves it. Closed after the test. */
export async function serve(worker: string, daemon: string, given: { path?: string; clock?: Clock } = {}): Promise<Served> {
  const endpoint = parseEndpoint(`unix://${daemon}`, null, {});
  const http = new HttpClient(endpoint);
  const warnings: Served['warnings'] = [];
  const path = given.path ?? `${await tempDir('exec')}/docker.sock`;
  const containers = async () => (await listContainers(http, worker)).filter(({ address }) => address !== 'docker_container.engine');
  const log = { warn: (fields: object, message: string) => void warnings.push({ fields: { ...fields }, message }) };
  const server = await serveScopedExec({ endpoint, path, containers, clock: given.clock ?? systemClock, log });
  const close = async () => {
    await server.close();
    http.close();
  };
  afterTest(close);
  return { socketPath: path, host: `unix://${path}`, warnings, close };
}

export interface MadeContainer {
  id: string;
  name: string;
}

/** A running container; with `worker` it carries that worker's labels. Removed after the test. */
export async function makeContainer(
  name: string,
  { worker, daemon, image, ...body }: { worker?: string; daemon: string; image: string } & Record<string, unknown>,
): Promise<MadeContainer> {
  const address = `docker_container.${name.split('.')[1] ?? name}`;
  const Labels = worker === undefined ? {} : { [labelKeys.worker]: worker, [labelKeys.lifetime]: '600', [labelKeys.address]: address };
  const { Id } = await must<{ Id: string }>(
    'POST',
    `/containers/create?name=${name}`,
    { Image: image, Cmd: ['sleep', '100000'], Labels, HostConfig: { Init: true, NetworkMode: 'none' }, ...body },
    daemon,
  );
  afterTest(() => must('DELETE', `/containers/${Id}?force=1&v=1`, undefined, daemon));
  await must('POST', `/containers/${Id}/start`, undefined, daemon);
  return { id: Id, name };
}

/** An exec made at the daemon itself, past every socket. */
export async function makeExec(container: string, daemon: string, body: object = {}): Promise<string> {
  const { Id } = await must<{ Id: string }>('POST', `/containers/${container}/exec`, { Cmd: ['true'], ...body }, daemon);
  return Id;
}

import { MayflyError } from '../../errors.js';
import { labelKeys } from '../../labels.js';
import type { EngineInfo } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import { HttpClient, isStatus } from './http-client.js';
import { findKeeper } from './objects.js';
import { keeperName as name } from './own-objects.js';

const socket = '/var/run/docker.sock';

/**
 * Starts a keeper inside the daemon, unless one runs: a container that the daemon restarts by itself. It has the daemon's socket and the
 * directory of all volumes mounted; engines' sockets are in these volumes.
 *
 * @throws MayflyError `image_unavailable`, `foreign_object`
 */
export async function installKeeper(endpoint: Endpoint, image: string, version: string): Promise<{ name: string; already: boolean }> {
  const http = new HttpClient(endpoint);
  try {
    const [info, running] = await Promise.all([http.json<EngineInfo>('GET', '/info'), findKeeper(http)]);
    if (running !== null) return { name: running, already: true };
    const volumes = `${info.DockerRootDir}/volumes`;
    const body = {
      Image: image,
      Env: [`DOCKER_HOST=unix://${socket}`],
      Labels: { [labelKeys.keeper]: version },
      HostConfig: {
        // For a remote daemon, Docker's default path of the socket is used.
        Binds: [`${endpoint.socketPath ?? endpoint.ssh?.socket ?? socket}:${socket}`, `${volumes}:${volumes}`],
        NetworkMode: 'none',
        RestartPolicy: { Name: 'unless-stopped' },
        Init: true,
        SecurityOpt: ['no-new-privileges:true'],
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      },
    };
    const { Id } = await http.json<{ Id: string }>('POST', '/containers/create', { query: { name }, body });
    await http.text('POST', `/containers/${Id}/start`);
    return { name, already: false };
  } catch (error) {
    if (isStatus(error, 404)) {
      throw new MayflyError('image_unavailable', {
        place: { path: image },
        cause: 'the daemon does not have this image',
        remedy: `build it in mayfly's repository: docker build -t ${image} .; or give another image with --image`,
        error,
      });
    }
    if (isStatus(error, 409)) {
      throw new MayflyError('foreign_object', {
        place: { path: name },
        cause: 'a container of this name exists, but does not run as a keeper',
        remedy: `check its log (docker logs ${name}), then remove it: docker rm --force ${name}`,
        error,
      });
    }
    throw error;
  } finally {
    http.close();
  }
}

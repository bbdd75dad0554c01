import { findEndpoint, parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { defaultExecRoot, dockerBackend } from '../../../src/backends/docker/index.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { systemClock } from '../../../src/clock.js';
import { dockerSocket } from '../../support/docker.js';

/** The backend on the daemon that tests use, or on another socket. */
export function openDocker(socketPath?: string): Backend {
  const endpoint = socketPath ? parseEndpoint(`unix://${socketPath}`, null, {}) : findEndpoint({ DOCKER_HOST: `unix://${dockerSocket()}` });
  return dockerBackend({ endpoint, clock: systemClock, execRoot: defaultExecRoot({}) });
}

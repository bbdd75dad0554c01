import { containersExample } from '../shared/examples.js';
import type { Entry } from '../ports/entry.js';
import { describeDocker } from './describe.js';

export const docker: Entry = {
  name: 'docker',
  unnamed: true,
  asUser: false,
  settings: {
    endpoint: { variable: 'DOCKER_HOST', expects: 'an address such as unix:///var/run/docker.sock', valid: (text) => text !== '' },
  },
  deciding: ['DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'SSH_AUTH_SOCK'],
  provider: true,
  example: containersExample,
  describe: describeDocker,
  load: async () => (await import('./implementation.js')).implementation,
  loadStack: async () => (await import('../../../stacks/docker.js')).DockerStack,
};

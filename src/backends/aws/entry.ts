import type { Entry } from '../ports/entry.js';
import { describeAws } from './describe.js';
import { containersExample } from '../shared/examples.js';

const region = /^[a-z]{2}(-[a-z]+)+-\d$/;
const cluster = /^[A-Za-z0-9_-]{1,255}$/;
const subnets = /^subnet-[0-9a-f]+(,subnet-[0-9a-f]+)*$/;

/** The entry of AWS. Its SDK is larger than the rest of the program, so SDK and stack are in a bundle of their own, loaded at first use. */
export const aws: Entry = {
  name: 'aws',
  unnamed: false,
  asUser: false,
  settings: {
    region: { variable: 'MAYFLY_AWS_REGION', expects: 'a region such as eu-west-1', valid: (text) => region.test(text) },
    cluster: { variable: 'MAYFLY_AWS_CLUSTER', expects: 'the name of an ECS cluster', valid: (text) => cluster.test(text) },
    subnets: { variable: 'MAYFLY_AWS_SUBNETS', expects: 'ids of subnets, comma-separated', valid: (text) => subnets.test(text) },
  },
  deciding: [
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_PROFILE',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_ROLE_ARN',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ],
  provider: true,
  example: containersExample,
  describe: describeAws,
  load: async () => (await import('./apart.js')).implementation,
  loadStack: async () => (await import('./apart.js')).loadStack(),
};

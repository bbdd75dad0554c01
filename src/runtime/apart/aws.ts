// What the bundle of the command line holds apart: see scripts/bundle.mjs.
export { awsBackend } from '../../backends/aws/index.js';
export { AwsStack } from '../../../stacks/aws.js';

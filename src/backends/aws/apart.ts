// What the bundle of the command line has in a file of its own: see scripts/bundle.mjs.
export { AwsStack } from '../../../stacks/aws.js';
export { implementation } from './implementation.js';

// The command line's bundle has these modules in a file of their own: see scripts/bundle.mjs.
export { AwsStack } from '../../../stacks/aws.js';
export { implementation } from './implementation.js';

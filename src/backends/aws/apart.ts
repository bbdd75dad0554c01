import type { StackClass } from '../../../stacks/synthesize.js';

// The command line's bundle has these modules in a file of their own: see scripts/bundle.mjs.
export { implementation } from './implementation.js';

/** Loads the constructs, which only plans need. */
export async function loadStack(): Promise<StackClass> {
  return (await import('../../../stacks/aws.js')).AwsStack;
}

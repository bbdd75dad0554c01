import type { ArgsOf, Declaration } from '../../declaration.js';

export const doctor = {
  name: 'doctor',
  describe: 'Report which backends are reachable and what is left over',
  options: {
    'aws-policy': {
      type: 'boolean',
      default: false,
      describe: 'Print only the smallest IAM policy that runs mayfly on AWS',
    },
  },
  examples: [['doctor --aws-policy >policy.json', 'for the role of a CI job']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof doctor>;

import type { ArgsOf, Declaration } from '../../declaration.js';

export const connect = {
  name: 'connect',
  describe: 'Serve the API for Mélodium programs on this machine, and pass their requests and connections on to a server',
  options: {
    port: { type: 'number', default: 7312, requiresArg: true, describe: 'Port to listen on, at 127.0.0.1; 0: a free one' },
  },
  examples: [['connect --server https://mayfly.example.com', 'prints the two variables that a Mélodium program needs']],
} as const satisfies Declaration;

export type Args = ArgsOf<typeof connect>;

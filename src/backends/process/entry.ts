import type { Entry } from '../ports/entry.js';
import { describeProcess } from './describe.js';

export const process: Entry = {
  name: 'process',
  unnamed: true,
  asUser: true,
  settings: {
    directory: { variable: 'MAYFLY_PROCESS_DIR', expects: 'a path', valid: (text) => text !== '' },
  },
  deciding: [],
  provider: false,
  example: (name) => `# A worker of local processes: it needs no Docker. See docs/spec.md, or \`mayfly schema\`.
name: ${name}
max_duration: 600      # seconds it lives once ready
cpu: 250               # millicores
memory: 768            # MB; Node 24 reserves 512 of them for compiled code
storage: 100           # MB
engine:
  command: [node, -e, "require('http').createServer((q, r) => r.end('hello\\\\n')).listen(8080, '127.0.0.1')"]
  port: 8080
`,
  describe: describeProcess,
  load: async () => (await import('./implementation.js')).implementation,
  loadStack: async () => (await import('../../../stacks/process.js')).ProcessStack,
};

import type { Backend } from '../../src/backends/ports/backend.js';
import type { Entry, OpenOptions } from '../../src/backends/ports/entry.js';
import { memoryCapabilities } from './capabilities.js';

/**
 * The entry of the backend in memory, as the registry has one of each backend. `open` returns a node's backend: a test has the node, which a
 * real entry finds by its environment.
 */
export function memoryEntry(open: (options: OpenOptions) => Backend): Entry {
  return {
    name: 'memory',
    unnamed: true,
    asUser: false,
    settings: { node: { variable: 'MAYFLY_MEMORY_NODE', expects: 'the name of a node of the test', valid: (text) => text !== '' } },
    deciding: [],
    provider: false,
    example: (name) => `name: ${name}\nmax_duration: 600\ncpu: 50\nmemory: 16\nstorage: 10\nengine: { command: [serve] }\n`,
    describe: { resource: () => null, melodium: () => null, limitsVolume: () => false, terraform: null },
    load: () => Promise.resolve({ open, columns: { memory: memoryCapabilities }, installKeeper: null, policy: null }),
    loadStack: async () => (await import('./stack.js')).MemoryStack,
  };
}

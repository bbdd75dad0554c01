import { nodeDriver } from '../../../src/dispatch/store/driver-node.js';
import { wasmDriver } from '../../../src/dispatch/store/driver-wasm.js';

/** The drivers that work with this Node: `test:node-lts` has both. */
export const drivers = [wasmDriver, nodeDriver()].filter((driver) => driver !== null);

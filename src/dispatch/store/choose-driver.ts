import { nodeDriver } from './driver-node.js';
import { wasmDriver } from './driver-wasm.js';
import type { Driver } from './driver.js';

/** Node's own SQLite, where it can copy a database in steps (22.16, 23.8 or later); else SQLite as WebAssembly. */
export function chooseDriver(): Driver {
  return nodeDriver() ?? wasmDriver;
}

/** A process that uses a store until it is killed, see `child-process.ts`. Arguments: directory, driver, `hold` or `write`, number of the first run. */
import { nodeDriver } from '../../../src/dispatch/store/driver-node.js';
import { wasmDriver } from '../../../src/dispatch/store/driver-wasm.js';
import { openStore } from '../../../src/dispatch/store/open.js';
import type { Store } from '../../../src/dispatch/store/store.js';
import { newRun, sampleRun } from './samples.js';

async function main([directory = '', driverName, action, first]: string[]): Promise<void> {
  const driver = [wasmDriver, nodeDriver()].find((one) => one?.name === driverName)!;
  const store = await openStore({ directory, version: '1', driver });
  console.log('opened');
  if (action === 'write') await writeForever(store, Number(first));
  else setInterval(() => {}, 60_000);
}

/** Three inserts and a change share each commit. A line is printed when a promise is resolved. */
async function writeForever(store: Store, first: number): Promise<void> {
  const insert = async (number: number) => {
    await store.insert(newRun(number));
    console.log(`queued ${number}`);
  };
  const cancel = async (number: number) => {
    await store.change(sampleRun(number), { state: 'cancelled' }, { at: 1, type: 'cancelled', data: {} });
    console.log(`cancelled ${number}`);
  };
  await insert(first);
  for (let number = first + 1; ; number += 3) {
    await Promise.all([cancel(number - 1), insert(number), insert(number + 1), insert(number + 2)]);
  }
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.log(`refused: ${error.message}`);
  process.exit(3);
});

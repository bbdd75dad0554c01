import { openStore } from '../../../src/dispatch/store/open.js';
import { tempDir } from '../../support/temp-dir.js';
import { storeContract } from './contract.js';
import { drivers } from './drivers.js';
import { functionContract } from './function-contract.js';
import { allocationContract } from './allocation-contract.js';
import { taskContract } from './task-contract.js';
import { webhookContract } from './webhook-contract.js';

for (const driver of drivers) {
  storeContract(`${driver.name}, in a file`, async () => openStore({ directory: await tempDir('store'), version: '1', driver }));
  functionContract(`functions with ${driver.name}`, () => openStore({ directory: null, version: '1', driver }));
  webhookContract(`webhooks with ${driver.name}`, () => openStore({ directory: null, version: '1', driver }));
  allocationContract(`allocations with ${driver.name}`, () => openStore({ directory: null, version: '1', driver }));
  taskContract(`tasks with ${driver.name}`, () => openStore({ directory: null, version: '1', driver }));
  storeContract(`${driver.name}, in memory`, () => openStore({ directory: null, version: '1', driver }));
}

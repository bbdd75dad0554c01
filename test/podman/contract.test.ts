import { describe } from 'vitest';
import { backendSubject, type Differences, driverSubject } from '../backends/docker/subjects.js';
import { backendContract } from '../contract/backend.js';
import { detachedContract } from '../contract/detached.js';
import { driverContract } from '../contract/driver.js';
import { podmanAvailable, podmanSocket } from './support.js';

/** It sizes no volumes in memory, and updates no container in place. */
const differences: Differences = { docker_volume: { driver_opts: null }, updates: false };

describe.skipIf(!podmanAvailable())('podman', () => {
  driverContract('docker_volume', () => driverSubject('docker_volume', podmanSocket, differences));
  driverContract('docker_container', () => driverSubject('docker_container', podmanSocket, differences));
  backendContract('docker', () => backendSubject(podmanSocket, differences));
  detachedContract('podman', () => backendSubject(podmanSocket, differences));
});

import { expect, test } from 'vitest';
import { container, leftOf, noChanges, planOf, small, wait } from '../docker/support.js';
import { removeCacheVolumes } from '../support/cache-volumes.js';
import { dockerAvailable } from '../support/docker.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { interopAvailable } from '../support/terraform.js';
import { interopWorker } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

const appliers = ['embedded', 'terraform'];

test.skipIf(!available).for([appliers, appliers.toReversed()])(
  'a cache that %s made a worker with is the same to %s, and stays when the worker goes',
  async ([first, second]) => {
    const cache = uniqueName('k');
    afterTest(() => removeCacheVolumes(cache));
    const one = await interopWorker({
      ...small,
      containers: [container('test', { command: wait() })],
      caches: [{ name: cache, to: '/cache', in: 'test', size: 10, keep: '1h' }],
    });
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', first!]);
    await one.must(['exec', 'NAME', 'test', '--', 'sh', '-c', 'echo kept > /cache/file']);
    expect(await planOf(one, { applier: second! })).toEqual(noChanges);
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', second!]);
    expect((await one.must(['exec', 'NAME', 'test', '--', 'cat', '/cache/file'])).stdout).toBe('kept\n');
    await one.must(['destroy', 'NAME', '--auto-approve']);
  },
);

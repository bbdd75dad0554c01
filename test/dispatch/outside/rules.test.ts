import { expect, test } from 'vitest';
import { combined, nothingAllowed } from '../../../src/dispatch/outside/rules.js';

test('a permission of the organisation or the node is enough, and the lists of images of both hold', () => {
  const organisation = { ...nothingAllowed, images: [['a']], processes: true, caches: true };
  const node = { ...nothingAllowed, images: [['b']], exposed: true, host_ports: true };
  const both = { images: [['a'], ['b']], processes: true, exposed: true, host_ports: true, caches: true };
  expect(combined(organisation, node)).toEqual(both);
  expect(combined(nothingAllowed, nothingAllowed)).toEqual(nothingAllowed);
  expect(nothingAllowed).toEqual({ images: [], processes: false, exposed: false, host_ports: false, caches: false });
});

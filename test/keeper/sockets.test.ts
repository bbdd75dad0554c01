import { expect, test } from 'vitest';
import { ExecWatch } from '../../src/keeper/sockets.js';
import { groupByWorker } from '../../src/lease/deadline.js';
import { labelKeys } from '../../src/labels.js';
import { socketRoot } from '../memory/names.js';
import { openScene } from '../memory/scene.js';
import { seed } from '../memory/seed.js';

const place = `${socketRoot}/one`;

test('a socket directory stays while a new worker of its name is made, whose predecessor the keeper saw end', async () => {
  const { node, client } = await openScene({});
  const { backend } = client();
  seed(node, { engine: { [labelKeys.exec]: place } });
  const watch = new ExecWatch(backend, { info: () => {}, warn: () => {} });
  await watch.look(groupByWorker(await backend.list()));
  expect([...node.sockets]).toEqual([place]);
  // The keeper's look was before the new worker.
  await watch.look(new Map());
  expect([[...node.sockets], [...node.socketFiles]]).toEqual([[], [place]]);
});

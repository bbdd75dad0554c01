import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../src/plan/graph.js';
import { type AwsProxy, startAwsProxy } from '../support/aws-proxy.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { make, openCall, specOf } from './make.js';
import { removeWhole } from '../support/whole.js';

/** Milliseconds that each call takes: much more than all else, so that calls come in waves, each waiting for the one before. */
const delay = 400;

const reads = /:(Get|Describe|List|GET )/;

describe.skipIf(!motoAvailable())('calls to AWS', () => {
  let moto: Moto;
  let proxy: AwsProxy;
  beforeAll(async () => {
    moto = await startMoto();
    // What AWS's SDK and the emulator load at a first call is no part of a chain.
    const call = await openCall(moto.env);
    const { backend } = await make(call, specOf('warm'));
    await removeWhole(backend, 'warm');
    proxy = await startAwsProxy(moto.url, ({ moment }) =>
      moment === 'before' ? new Promise((resolve) => setTimeout(resolve, delay)) : undefined,
    );
  });
  afterAll(async () => {
    await proxy?.close();
    await moto?.close();
  });

  test('how many make and remove a worker, and how long their chains are', async () => {
    const call = await openCall({ ...moto.env, AWS_ENDPOINT_URL: proxy.url });
    const { plan, backend } = await make(call, specOf('one'), 'plan');
    await backend.prepare();
    const planned = proxy.spans.length;
    // A second time, for what is asked once is known then.
    await make({ ...call, openNode: () => Promise.resolve({ ...backend, prepare: async () => undefined }) }, specOf('one'));
    const made = proxy.spans.slice(planned);
    const making = made.slice(made.findIndex(({ action }) => !reads.test(action)));
    const objects = await backend.list('one');
    const before = proxy.spans.length;
    await removeWhole(backend, 'one', objects);
    const removing = proxy.spans.slice(before);

    const depth = depthOf(plan.stack);
    const chains = { make: chainOf(making), remove: chainOf(removing) };
    process.stdout.write(
      `aws calls: ${making.length} make a worker of ${plan.changes.length} resources (chain ${chains.make}, graph ${depth} deep), ` +
        `${removing.length} remove it (chain ${chains.remove}), a look is ${planned} with the offer\n`,
    );
    expect(making.length).toBeLessThanOrEqual(30);
    expect(removing.length).toBeLessThanOrEqual(20);
    // One more than the graph is deep: a family takes revisions from everyone, so whose it is is asked before.
    expect(chains.make).toBe(depth + 1);
  });
});

function depthOf(stack: Parameters<typeof buildGraph>[0]): number {
  const depths = new Map<string, number>();
  for (const [address, { dependencies }] of buildGraph(stack)) {
    depths.set(address, 1 + Math.max(0, ...dependencies.map((dependency) => depths.get(dependency) ?? 0)));
  }
  return Math.max(...depths.values());
}

/** The most calls of which each began when the one before had ended. */
function chainOf(spans: readonly { from: number; to: number }[]): number {
  let [length, end] = [0, -Infinity];
  for (const { from, to } of [...spans].sort((a, b) => a.to - b.to)) {
    if (from >= end) [length, end] = [length + 1, to];
  }
  return length;
}

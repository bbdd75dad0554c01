import { describe, expect, test } from 'vitest';
import { join } from 'node:path';
import type { ApplyContext } from '../../src/apply/applier.js';
import { terraformApplier } from '../../src/apply/terraform/index.js';
import { findEndpoint } from '../../src/backends/docker/endpoint.js';
import { defaultExecRoot, dockerBackend } from '../../src/backends/docker/index.js';
import { systemClock } from '../../src/clock.js';
import type { Plan } from '../../src/plan/plan.js';
import { StateLayout } from '../../src/state/layout.js';
import { dockerAvailable } from '../support/docker.js';
import { afterTest } from '../support/temp-dir.js';
import { interopAvailable, tofuAvailable } from '../support/terraform.js';
import { inspectOf, leftOf, planOf, small } from '../docker/support.js';
import { interopWorker } from './support.js';

const there = { terraform: dockerAvailable() && (await interopAvailable()), tofu: dockerAvailable() && (await tofuAvailable()) };
const never = new AbortController().signal;

describe('an address that is known only once the worker is ready', () => {
  test.each(['terraform', 'tofu'] as const)('%s writes the outputs anew, and changes nothing of the worker', async (product) => {
    if (!there[product]) return;
    const one = await interopWorker(small);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', product]);
    const before = await inspectOf(one.name, 'engine');

    const env = { ...one.machine.env, ...one.env };
    const layout = new StateLayout(one.machine.stateDir, systemClock);
    const directory = layout.worker('docker', one.name);
    const stack = (await directory.readStack())!;
    const variables = { ...(await directory.readVariables()), address: '198.51.100.7' };
    // As AWS's stack has it; and an edit that nobody has approved.
    stack.variable = { ...stack.variable, address: { type: 'string' } };
    stack.output = { ...stack.output, reached: { value: '${var.address}' } };
    Object.assign(stack.resource!['docker_container']!['engine']!, { memory: 48, memory_swap: 48 });
    await directory.writeStack(stack);
    await directory.writeVariables(variables);

    const backend = dockerBackend({ endpoint: findEndpoint(env), clock: systemClock, execRoot: defaultExecRoot(env) });
    afterTest(() => backend.close());
    const scratch = layout.scratch.bind(layout);
    const cacheDir = join(one.machine.home, 'cache');
    const applier = terraformApplier({ product, env, cacheDir, scratch, clock: systemClock, stateBackend: null });
    const context = { backend, directory, variables, stop: never, abort: never, emit: () => {} } as unknown as ApplyContext;
    const { outputs } = await applier.settle({ worker: one.name, stack } as Plan, context);
    expect(outputs['reached']).toMatchObject({ value: '198.51.100.7' });
    expect(Object.keys(outputs)).toContain('access');

    const after = await inspectOf(one.name, 'engine');
    expect({ id: after.Id, memory: after.HostConfig.Memory }).toEqual({ id: before.Id, memory: before.HostConfig.Memory });
    expect(await planOf(one)).toMatchObject({ changes: [], drift: [] });
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Call, OnCall } from '../support/docker-proxy.js';
import { dockerAvailable, ownedObjects, removeOwned } from '../support/docker.js';
import { until } from '../support/poll.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { type Gate, gateAt } from './gate.js';
import { dockerAt, startKeeper } from './keeper.js';
import { makeWorker } from './make-worker.js';
import { kill, keeperOf, killKeeper } from '../support/processes.js';
import { parts, whole } from './recovery.js';
import { openStage, type Stage } from './stage.js';
import { fullSpec, hours, pastDeadline, smallSpec } from './worker-file.js';

async function open({ spec = fullSpec, ...options }: { onCall?: OnCall; ahead?: number; spec?: typeof fullSpec } = {}): Promise<Stage> {
  const worker = uniqueName('int');
  afterTest(() => removeOwned(worker));
  const stage = await openStage(worker, spec(worker, hours), options);
  afterTest(() => stage.close());
  return stage;
}

async function apply(stage: Stage) {
  return (await stage.cli('apply', stage.spec, '--auto-approve')).done;
}

const starting = (call: Call) => call.method === 'POST' && call.path.endsWith('/start');
const creatingOther = (call: Call) => /POST .*\/containers\/create\?name=.*\.(build|db)$/.test(`${call.method} ${call.path}`);

/** An apply that is held at a call. */
async function heldApply(gate: Gate) {
  const stage = await open({ onCall: gate.onCall });
  const running = await stage.cli('apply', stage.spec, '--auto-approve');
  await gate.reached;
  return { stage, running };
}

describe.skipIf(!dockerAvailable())('interrupts', () => {
  test('Ctrl-C once: the call in flight is finished and saved, and it says how to go on', async () => {
    const gate = gateAt('acted', starting);
    const { stage, running } = await heldApply(gate);
    running.child.kill('SIGINT');
    await until('it has heard', () => running.stderr().includes('Interrupt again to stop at once'));
    gate.open();
    const { code, stderr } = await running.done;
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('running operations were finished and saved');
    expect(stderr).toContain('run the same command again to continue');
    const state = readFileSync(join(stage.machine.stateDir, 'workers/docker', stage.worker, 'terraform.tfstate'), 'utf8');
    const saved = (JSON.parse(state) as { resources: { name: string }[] }).resources.map(({ name }) => name).sort();
    expect(saved).toEqual(await parts(stage.worker));
    expect(saved).toContain('engine');
    const again = await apply(stage);
    expect(again.code, again.stderr).toBe(0);
    expect(await parts(stage.worker)).toEqual(whole);
  });

  test('Ctrl-C twice: it stops at once, and the next apply tells of it and finishes', async () => {
    const gate = gateAt('before', creatingOther);
    const { stage, running } = await heldApply(gate);
    running.child.kill('SIGINT');
    await until('it has heard', () => running.stderr().includes('Interrupt again to stop at once'));
    running.child.kill('SIGINT');
    const { code, stderr } = await running.done;
    expect(code, stderr).toBe(1);
    gate.open();
    const again = await apply(stage);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toMatch(/an earlier apply was interrupted at: .*create docker_container\.(build|db)/);
    expect(await parts(stage.worker)).toEqual(whole);
  });

  test('a second apply of one name is refused and names who holds it; once that is dead, it goes on', async () => {
    const gate = gateAt('acted', starting);
    const { stage, running } = await heldApply(gate);
    const second = await apply(stage);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(new RegExp(`locked by .* \\(pid ${running.pid}\\), apply since`));
    await kill(running.pid);
    gate.open();
    const third = await apply(stage);
    expect(third.code, third.stderr).toBe(0);
    expect(await parts(stage.worker)).toEqual(whole);
  });

  test('destroy meets the keeper that ends the worker already: it waits for it', async () => {
    const gate = gateAt('before', ({ method, path }) => method === 'DELETE' && path.includes('/containers/'));
    const stage = await open({ onCall: gate.onCall, spec: smallSpec, ahead: pastDeadline });
    await makeWorker(stage);
    await startKeeper(stage.machine, dockerAt(stage.proxy.host));
    await gate.reached;
    const running = await stage.cli('destroy', stage.worker, '--auto-approve');
    await until('it has shown what will go', () => running.stderr().includes(`mayfly-${stage.worker}.engine`));
    gate.open();
    const { code, stderr } = await running.done;
    expect(code, stderr).toBe(0);
    expect(await parts(stage.worker)).toEqual([]);
  });

  test('a killed keeper is revived by the next command and ends the worker in time', async () => {
    const stage = await open({ spec: (name) => smallSpec(name, { create_timeout: 60, max_duration: 8 }) });
    const applied = await apply(stage);
    expect(applied.code, applied.stderr).toBe(0);
    const [lease] = (await ownedObjects(stage.worker)).flatMap(({ labels }) => labels['dev.mayfly.ends'] ?? []);
    const first = await until('a keeper lives', () => keeperOf(stage.machine) ?? undefined);
    await killKeeper(stage.machine);
    expect((await (await stage.cli('list')).done).code).toBe(0);
    const second = await until('another lives', () => keeperOf(stage.machine) ?? undefined);
    expect(second).not.toBe(first);
    await until('the worker is gone', async () => (await ownedObjects(stage.worker)).length === 0, { withinMs: 60_000, everyMs: 100 });
    expect(Date.now() - Number(lease) * 1000).toBeLessThan(10_000);
    const shown = await (await stage.cli('show', stage.worker)).done;
    expect(shown.stdout).toContain('expired');
  });
});

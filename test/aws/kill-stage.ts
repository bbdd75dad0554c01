import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endpointOf, placeOf } from '../../src/backends/aws/place.js';
import { entries } from '../../src/backends/registry.js';
import { decidingEnv } from '../../src/runtime/deciding.js';
import { startKeeper } from '../kill/keeper.js';
import { killKeeper } from '../support/processes.js';
import { type AwsCall, type OnAwsCall, startAwsProxy } from '../support/aws-proxy.js';
import type { Moto } from '../support/moto/index.js';
import { type Machine, machine, spawnCli } from '../support/run-cli.js';
import { fullSpec, leaseTerms, make, openCall, specEnv, specOf } from './make.js';

export const worker = 'kill';

/** A machine whose way to AWS is a proxy of its own. */
export interface Stage {
  machine: Machine;
  env: Record<string, string>;
  /** File of the worker's spec. */
  spec: string;
  /** Of what is started here alone. */
  calls: readonly AwsCall[];
  /** Resolves when AWS has answered all calls so far. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** The process that is to be killed. */
export interface Victim {
  pid: number;
  /** Resolves at its end; to what it said where it failed by itself. */
  done: Promise<string | null>;
}

export interface Scenario {
  name: string;
  /** Seconds that the worker has left which is there before; `null`: there is none. */
  left: number | null;
  start(stage: Stage): Promise<Victim>;
}

export const scenarios: readonly Scenario[] = [
  { name: 'apply', left: null, start: command('apply', 'SPEC', '--auto-approve') },
  { name: 'destroy', left: 3600, start: command('destroy', worker, '--auto-approve') },
  { name: 'extend', left: 3600, start: command('extend', worker, '10m') },
  { name: "the keeper's end", left: -10, start: keeper },
];

function command(...args: string[]): Scenario['start'] {
  return async ({ machine, env, spec }) => {
    const given = args.map((arg) => (arg === 'SPEC' ? spec : arg));
    const { pid, done } = await spawnCli([...given, '--backend', 'aws'], { machine, env });
    return { pid, done: done.then(({ code, stderr }) => (code === null || code === 0 ? null : stderr)) };
  };
}

async function keeper({ machine, env }: Stage): Promise<Victim> {
  const { pid, done } = await startKeeper(
    machine,
    { backend: 'aws', endpoint: endpointOf(placeOf(env)), env: decidingEnv(entries, env) },
    env,
  );
  return { pid, done: done.then(() => null) };
}

export async function openStage(moto: Moto, { left }: Scenario, onCall: OnAwsCall): Promise<Stage> {
  const [own, proxy] = await Promise.all([machine(), startAwsProxy(moto.url, onCall)]);
  const spec = join(own.home, `${worker}.json`);
  await writeFile(spec, JSON.stringify(fullSpec));
  if (left !== null) {
    // As it reaches AWS itself, so that nothing of it counts.
    const call = await openCall(moto.env, own.stateDir);
    const { backend } = await make(call, specOf(worker));
    await backend.writeLease(worker, leaseTerms(specOf(worker)), Math.ceil(Date.now() / 1000) + left);
    call.close();
  }
  return {
    machine: own,
    env: { ...moto.env, ...specEnv, AWS_ENDPOINT_URL: proxy.url },
    spec,
    calls: proxy.calls,
    settled: () => proxy.settled(),
    async close() {
      await killKeeper(own);
      await proxy.close();
    },
  };
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesWith, treeOf } from '../backends/process/support.js';
import { runCli } from '../support/run-cli.js';
import { makeWorker } from './make-worker.js';
import { isKeeper, killKeeper } from '../support/processes.js';
import { buildEntry, openPlace, type Place } from './process-place.js';
import { pastDeadline } from './worker-file.js';

interface Scenario {
  name: string;
  what: string;
  /** Whether the worker is there before. */
  made: boolean;
  ahead: number;
  /** Of an unharmed run. */
  acts: number;
}

const scenarios: Scenario[] = [
  { name: 'apply', what: 'apply', made: false, ahead: 0, acts: 35 },
  { name: 'destroy', what: 'destroy', made: true, ahead: 0, acts: 41 },
  { name: 'extend', what: 'extend', made: true, ahead: 0, acts: 5 },
  { name: "the keeper's end", what: 'keeper', made: true, ahead: pastDeadline, acts: 43 },
];

/** Programs at the same time. */
const width = 4;

describe.skipIf(process.platform !== 'linux')('killed at every spawn, kill and file operation, one command leaves nothing', () => {
  let entry: Awaited<ReturnType<typeof buildEntry>>;
  let points = 0;
  let leaks = 0;
  beforeAll(async () => {
    entry = await buildEntry();
  });
  afterAll(async () => {
    process.stdout.write(`process kill points: ${points}, leaks: ${leaks}\n`);
    await entry.remove();
  });

  /** A worker made if the scenario wants it; the keeper's end has its file. */
  async function prepared({ made, what }: Scenario): Promise<Place> {
    const place = await openPlace(entry.path);
    if (made) await makeWorker(place);
    if (what === 'keeper') {
      const request = { backend: 'process', endpoint: place.root, env: { MAYFLY_PROCESS_DIR: place.root } };
      await writeFile(join(place.machine.stateDir, 'keeper-watch.json'), JSON.stringify([request]));
    }
    return place;
  }

  async function killAt(scenario: Scenario, at: number, when: string, sweep: boolean): Promise<{ killed: boolean; wrong: string[] }> {
    const place = await prepared(scenario);
    const { killed } = await place.run(scenario.what, { at, when, ahead: scenario.ahead });
    await killKeeper(place.machine);
    const wrong: string[] = [];
    if (sweep) await place.run('gc', { ahead: pastDeadline });
    else wrong.push(...(await destroy(place)));
    wrong.push(...leftRunning(place), ...leftIn(place));
    wrong.push(...(await place.touched()).map((path) => `touched: ${path}`));
    await killKeeper(place.machine);
    return { killed, wrong: wrong.map((text) => `${scenario.name}, killed ${when} act ${at}, then ${sweep ? 'gc' : 'destroy'}: ${text}`) };
  }

  test.each(scenarios)('$name', async (scenario) => {
    const unharmed = await prepared(scenario);
    const acts = Number((await unharmed.run(scenario.what, { ahead: scenario.ahead })).stdout);
    await killKeeper(unharmed.machine);
    await destroy(unharmed);
    const queue = Array.from({ length: 2 * acts }, (_, i) => ({ at: (i >> 1) + 1, when: i % 2 ? 'after' : 'before', sweep: i % 4 > 1 }));
    let reached = 0;
    const found: string[] = [];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const { killed, wrong } = await killAt(scenario, next.at, next.when, next.sweep);
        if (killed) reached += 1;
        found.push(...wrong);
      }
    };
    await Promise.all(Array.from({ length: width }, work));
    points += reached;
    leaks += found.length;
    process.stdout.write(`process, ${scenario.name}: ${acts} acts, ${reached} of ${2 * acts} kill points reached, ${found.length} leaks\n`);
    expect(found).toEqual([]);
    expect([acts, reached]).toEqual([scenario.acts, 2 * scenario.acts]);
  });
});

/** A name that nothing knows is an error. */
async function destroy({ worker, machine }: Place): Promise<string[]> {
  const { code, stdout, stderr } = await runCli(['destroy', worker, '--auto-approve', '--backend', 'process'], { machine });
  const unknown = code === 1 && stderr.includes('is running, or ended in the last 7 days');
  return code === 0 || unknown ? [] : [`exited with ${code}: ${stdout}${stderr}`];
}

/** A keeper, revived by the one command, goes by itself. */
function leftRunning({ root }: Place): string[] {
  return processesWith(root).flatMap((pid) => (isKeeper(pid) ? [] : [`left: process ${pid}`]));
}

/** All in the backend's directory that is neither its own mark nor somebody else's. */
function leftIn({ root, worker }: Place): string[] {
  const foreign = new RegExp(`^(${worker}|${worker}2)(/(engine-2|engine)(/data(/thesis.txt)?)?)?$|^\\.changed$`);
  return treeOf(root).flatMap((path) => (foreign.test(path) ? [] : [`left: ${path}`]));
}

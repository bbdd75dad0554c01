import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { cacheScenarios } from './cache-scenarios.js';
import { closeLanes, type Lane, openLanes } from './lanes.js';
import { runPoints, type Score } from './run-points.js';
import { scenarios } from './scenarios.js';

/** Points that another way of the same run leaves out: a poll fewer, one look of the keeper less. */
const mostMissed = 0.15;

/** Calls about the network that all workers share: whether it is there depends on the other lanes. */
const ofSharedNetwork = /^\w+ \w+ \/networks/;

describe.skipIf(!dockerAvailable())('killed at a call to Docker of each class, one command leaves nothing', () => {
  let lanes: Lane[] = [];
  const scores: Score[] = [];
  beforeAll(async () => {
    lanes = await openLanes(4);
  });
  afterAll(async () => {
    await closeLanes(lanes);
    const sum = (of: (score: Score) => number) => scores.reduce((total, score) => total + of(score), 0);
    process.stdout.write(`docker kill points: ${sum((s) => s.reached)}, leaks: ${sum((s) => s.leaks.length)}\n`);
  });

  test.each([...scenarios, ...cacheScenarios])('$name', async (scenario) => {
    const score = await runPoints(scenario, lanes);
    scores.push(score);
    const { calls, taken, dropped, reached, missed, leaks } = score;
    process.stdout.write(`${scenario.name}: ${calls} calls, ${reached} of ${3 * calls} kill points, ${leaks.length} leaks\n`);
    for (const line of dropped) process.stdout.write(`  ${line}\n`);
    for (const point of missed) process.stdout.write(`  not reached, not counted: ${point}\n`);
    expect(leaks).toEqual([]);
    const own = missed.filter((point) => !ofSharedNetwork.test(point));
    expect(own.filter((point) => !/^\w+ GET /.test(point))).toEqual([]);
    expect(own.length).toBeLessThanOrEqual(mostMissed * taken);
  });
});

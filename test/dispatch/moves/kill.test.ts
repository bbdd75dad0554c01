import { expect, test } from 'vitest';
import { untilIdle } from '../../support/idle.js';
import { overseen } from '../oracle.js';
import type { Service } from '../scene.js';
import { ids, importAt, spec, two, type Two } from './scene.js';

const moments = ['before', 'after'] as const;

interface Death {
  of: 'a' | 'b';
  /** The call, counted from 1 from the begin of the move. */
  at: number;
  moment: (typeof moments)[number];
}

interface Moved {
  /** Every difference from the move as it should be. */
  wrong: string[];
  /** Calls of each process during the move. */
  calls: { a: string[]; b: string[] };
}

/** Moves a run, and lets it live to its end. `death`: a process dies at one of its calls, and the person repeats the request at the next one. */
async function move(from: 'queued' | 'running', death?: Death): Promise<Moved> {
  const scene = await two();
  const { node, clock, hand } = scene;
  const oracle = overseen(node);
  if (from === 'queued') hand.goAway();
  const { id } = await scene.a.submit({ spec });
  await scene.a.until(id, from);
  const begun = { a: scene.a.client.faults.calls.length, b: scene.b.client.faults.calls.length };
  if (death) scene[death.of].client.faults.crashAt(begun[death.of] + death.at, death.moment);
  const [a, document] = await ask(scene, 'a', (service) => service.dispatcher.exports.export(id, ids.b));
  const [b] = await ask(scene, 'b', (service) => importAt(service, document));
  const calls = { a: scene.a.client.faults.calls.slice(begun.a), b: scene.b.client.faults.calls.slice(begun.b) };
  hand.back();
  await clock.advance(30_000);
  const living = node.list().filter(({ run }) => run?.status === 'running').length;
  await clock.advance(200_000);
  const final = [(await a.run(id)).state, (await b.run(id)).state, (await b.run(id)).reason, (await b.run(id)).attempt].join(' ');
  const moves = [await a.events(id), await b.events(id)].map((all) =>
    all.filter((type) => type === 'moved' || type === 'imported').join(' '),
  );
  const left = node.list().map(({ name }) => name);
  await Promise.all([a.close(), b.close()]);
  return {
    wrong: [
      ...oracle.broken,
      ...(living === 1 ? [] : [`${living} engines`]),
      ...(left.length === 0 ? [] : [`left: ${left.join(' ')}`]),
      ...(final === 'moved completed expired 1' ? [] : [`final: ${final}`]),
      ...(moves.join(', ') === 'moved, moved imported' ? [] : [`moves: ${moves.join(', ')}`]),
    ],
    calls,
  };
}

/** Sends a request, and again to the next process where this one has died. @returns the process that lives, and the answer */
async function ask<T>(scene: Two, of: 'a' | 'b', request: (service: Service) => Promise<T>): Promise<[Service, T]> {
  const service = scene[of];
  const answer = await Promise.race([request(service), service.client.faults.death.then(() => null)]);
  if (answer !== null) return [service, answer];
  await untilIdle();
  await service.kill();
  const next = await (of === 'a' ? scene.startA() : scene.startB());
  return [next, await request(next)];
}

test.each(['queued', 'running'] as const)(
  'a %s run has one worker and one end, wherever a service is killed while it moves',
  async (from) => {
    const { wrong, calls } = await move(from);
    expect(wrong).toEqual([]);
    const points = (['a', 'b'] as const).flatMap((of) =>
      calls[of].flatMap((call, index) => moments.map((moment) => ({ of, at: index + 1, moment, call }))),
    );
    expect(points.length).toBeGreaterThan(12);
    for (const { call, ...death } of points) {
      const moved = await move(from, death);
      wrong.push(...moved.wrong.map((one) => `killed ${death.moment} ${call} of ${death.of}: ${one}`));
    }
    expect(wrong).toEqual([]);
  },
);

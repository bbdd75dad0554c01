import { setMaxListeners } from 'node:events';
import { Troubles } from '../../src/lease/troubles.js';
import { watch } from '../../src/lease/watch.js';
import { type Client, openScene, type Scene, type SceneOptions } from '../memory/scene.js';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.js';
import { untilIdle } from '../support/idle.js';
import { afterTest } from '../support/temp-dir.js';

export interface Watching extends Omit<Scene, 'client'> {
  clock: SteppedClock;
  backend: Client['backend'];
  faults: Client['faults'];
  client: Scene['client'];
  /** Milliseconds from the start at which each look began, as it was reported. */
  looks: number[];
  /** The same for looks that failed. */
  silences: number[];
  /** Lines of the log: the message, and its cause or reason. */
  log: string[];
  /** Begins to watch. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Milliseconds since the start. */
  at(): number;
  /** Why a worker ended, and when. */
  ends(worker?: string): Promise<{ reason: string; at: number }[]>;
}

/** A watch of one node in memory on a clock that the test moves. */
export async function watching({
  lookEvery = null,
  ownKeeperFirst = false,
  ...more
}: { lookEvery?: number | null; ownKeeperFirst?: boolean } & Omit<SceneOptions, 'clock'> = {}): Promise<Watching> {
  const clock = steppedClock();
  const began = clock.now();
  const at = () => clock.now() - began;
  const scene = await openScene({ clock, ...more });
  const { backend: own, faults } = scene.client();
  const backend = { ...own, lookEvery };
  const [looks, silences, log]: [number[], number[], string[]] = [[], [], []];
  const write = (fields: object, message: string) => {
    const { cause, reason, detail } = fields as { cause?: string; reason?: string; detail?: string };
    log.push([message, cause ?? reason, detail].filter(Boolean).join(': '));
  };
  const [logger, stop] = [{ info: write, warn: write }, new AbortController()];
  setMaxListeners(0, stop.signal);
  let over: Promise<void> | undefined;
  const end = async () => {
    stop.abort();
    await over;
  };
  return {
    ...{ ...scene, clock, backend, faults, looks, silences, log, at, stop: end },
    async start() {
      over = watch({
        ...{ backend, layout: scene.layout, clock, log: logger, troubles: new Troubles(logger, clock), signal: stop.signal },
        ownKeeperFirst,
        onLook: (_workers, begunAt) => looks.push(begunAt - began),
        onSilent: () => silences.push(at()),
      });
      afterTest(end);
      await untilIdle();
    },
    async ends(worker = 'one') {
      await untilIdle();
      const entries = await scene.layout.history.of(worker);
      return entries.map(({ reason, endedAt }) => ({ reason, at: endedAt - began }));
    },
  };
}

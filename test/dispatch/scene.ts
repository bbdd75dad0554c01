// Loaded late by a plan; here at once, since the clock does not wait for a module.
import '../memory/stack.js';
import type { Hook } from '../../src/dispatch/callbacks/hooks.js';
import { join } from 'node:path';
import { Dispatcher } from '../../src/dispatch/dispatcher.js';
import type { Submission } from '../../src/dispatch/intake.js';
import type { Run } from '../../src/dispatch/run.js';
import { Limits, type OrganisationLimits } from '../../src/dispatch/limits.js';
import { defaultTerms, type NodeTerms } from '../../src/dispatch/nodes/terms.js';
import { defaultDispatchSettings, type DispatchSettings } from '../../src/dispatch/settings.js';
import { nothingAllowed } from '../../src/dispatch/outside/rules.js';
import { Policy } from '../../src/dispatch/policy.js';
import { ResultsDirectory } from '../../src/dispatch/results/directory.js';
import { noPublisher, type Publisher } from '../../src/dispatch/results/publisher.js';
import { openStore } from '../../src/dispatch/store/open.js';
import type { Store } from '../../src/dispatch/store/store.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { watching, type Watching } from '../lease/watching.js';
import type { Faults } from '../memory/faults.js';
import { bury, type Client, type SceneOptions, smallSpec } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { mortalStore } from './mortal-store.js';

export const installation = '00000000-0000-4000-8000-00000000abcd';

/** One process of the service. */
export interface Service {
  dispatcher: Dispatcher;
  store: Store;
  client: Client;
  /** Lines of its log. */
  log: string[];
  submit(more?: Partial<Submission>): Promise<Run>;
  /** The run, as the store has it. */
  run(id: string): Promise<Run>;
  /** Moves the clock until the run is in the state. @throws Error after 30 s of that clock */
  until(id: string, state: Run['state']): Promise<Run>;
  /** Types of the run's events, in order. */
  events(id: string): Promise<string[]>;
  /** Ends the process as SIGTERM does. */
  close(): Promise<void>;
  /** Ends the process as SIGKILL does, if it has not died by a fault. */
  kill(): Promise<void>;
}

/**
 * `durable`: what outlives the process; default: the store of all processes. `recovering`: as after its loss. `id`: of the installation;
 * default: `installation`.
 */
export interface Database {
  durable?: Store;
  recovering?: boolean;
  id?: string;
  /** Default: none has limits. */
  organisations?: ReadonlyMap<string, OrganisationLimits>;
  hooks?: readonly Hook[];
  /** Default: results stay in the service. */
  publisher?: Publisher;
}

export interface Serving extends Watching {
  /** The directory of results. */
  resultsPath: string;
  /** Starts a process of the service; one runs at a time. `arm` sets the faults that it begins with. */
  serve(
    settings?: Partial<DispatchSettings>,
    arm?: (faults: Faults) => void,
    terms?: Partial<NodeTerms>,
    database?: Database,
  ): Promise<Service>;
}

/** A node in memory with a keeper, and a service with a store in memory that outlives its processes, on a clock that the test moves. */
export async function serving(options: Omit<SceneOptions, 'clock'> = {}): Promise<Serving> {
  const watched = await watching(options);
  await watched.start();
  const usual = await openStore({ directory: null, version: 'test' });
  afterTest(() => usual.close());
  const resultsPath = join(await tempDir('results'), 'results');
  return {
    ...{ ...watched, resultsPath },
    async serve(
      settings = {},
      arm = () => {},
      terms = {},
      { durable = usual, recovering = false, id = installation, organisations = new Map(), hooks = [], publisher = noPublisher } = {},
    ) {
      const client = watched.client();
      arm(client.faults);
      const store = mortalStore(durable, client.faults);
      const log: string[] = [];
      const all = { ...defaultDispatchSettings, ...settings };
      const write = (_fields: object, message: string) => void log.push(message);
      const dispatcher = new Dispatcher({
        ...{ runtime: client, store, settings: all },
        log: { info: write, warn: write },
        policy: new Policy({
          nodes: client.nodes.names.map((name) => ({ name, asUser: false, allow: nothingAllowed })),
          organisations: new Map(),
          melodiumImages: undefined,
        }),
        limits: new Limits(organisations, client.clock),
        observer: { changed() {}, taskChanged() {}, looked() {} },
        hooks,
        termsOf: () => ({ ...defaultTerms, ...terms }),
        installation: { id, recovering, recovered: () => Promise.resolve() },
        random: () => 0,
        sealFor: () => () => null,
        specOf: ({ spec }) => Promise.resolve(spec),
        runsModules: () => false,
        inputOf: () => Promise.resolve({ env: {}, input: null }),
        envOf: ({ command }) => Promise.resolve(command?.env ?? {}),
        ...{ results: new ResultsDirectory(resultsPath, all.results), publisher },
        hiderOf: () => Promise.resolve((value) => value),
      });
      let open = true;
      const close = async () => {
        if (!open) return;
        open = false;
        await dispatcher.close();
      };
      const kill = async () => {
        open = false;
        client.faults.die();
        await untilIdle();
        bury(watched.layout, 'keeper');
      };
      afterTest(close);
      await Promise.race([dispatcher.start(), client.faults.death]);
      await untilIdle();
      return {
        ...{ dispatcher, store: durable, client, log, close, kill },
        async submit(more = {}) {
          const { run } = await dispatcher.intake.submit({ ...submissionOf(smallSpec()), ...more });
          await untilIdle();
          return run;
        },
        async run(id) {
          return (await durable.run(id))!;
        },
        async until(id, state) {
          for (let left = 300; left > 0; left -= 1) {
            const run = (await durable.run(id))!;
            if (run.state === state) return run;
            await watched.clock.advance(100);
          }
          throw new Error(`the run is ${(await durable.run(id))!.state}, not ${state}`);
        },
        async events(id) {
          return (await durable.events({ run: id, limit: 100 })).map(({ type }) => type);
        },
      };
    },
  };
}

export function submissionOf(spec: WorkerSpec): Submission {
  return { organisation: 'team', spec, secrets: () => null, priority: 500, labels: {}, bodyHash: 'a' };
}

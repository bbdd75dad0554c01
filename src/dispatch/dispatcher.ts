import { setMaxListeners } from 'node:events';
import { MayflyError } from '../errors.js';
import type { Log } from '../log.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { defaultFleetSettings } from '../tasks/fleets/settings.js';
import type { Task } from '../tasks/task.js';
import type { Runtime } from '../worker/runtime.js';
import { chained, type Hook } from './callbacks/hooks.js';
import { Commands } from './commands.js';
import { Elsewhere } from './elsewhere.js';
import { FleetCommands } from './fleets/fleet-commands.js';
import { Fleets } from './fleets/fleets.js';
import { Sizing, type SizingParts } from './fleets/sizing.js';
import { Holds } from './holds.js';
import type { Installation } from './installation.js';
import { Intake } from './intake.js';
import { loadCordons } from './nodes/cordons.js';
import { NodeFences } from './nodes/fence.js';
import { Node } from './nodes/node.js';
import { Offers } from './nodes/offers.js';
import type { NodeTerms } from './nodes/terms.js';
import type { Limits } from './limits.js';
import { Exports } from './moves/export.js';
import { Imports } from './moves/import.js';
import { Orphans } from './orphans.js';
import type { Observer } from './observer.js';
import { Outlook } from './placing/outlook.js';
import { Placing } from './placing/placing.js';
import { Queue } from './placing/queue.js';
import type { Policy } from './policy.js';
import { Recovery } from './recover.js';
import { ResultsDecisions } from './results/decisions.js';
import type { ResultsDirectory } from './results/directory.js';
import type { Publisher } from './results/publisher.js';
import { Publishing } from './results/publishing.js';
import type { Run, WithSpec } from './run.js';
import { Runs } from './runs.js';
import { assertWorkers } from './stealing/assert-workers.js';
import { Stealers } from './stealing/stealers.js';
import { Stealing } from './stealing/stealing.js';
import type { DispatchSettings } from './settings.js';
import { Driver } from './steps/drive.js';
import type { Parts } from './steps/step.js';
import type { Store } from './store/store.js';
import type { TaskInput } from './tasks/deliver.js';
import { TaskRoom } from './tasks/room.js';
import { Transfers } from './transfers/transfers.js';

export interface DispatcherOptions {
  runtime: Runtime;
  store: Store;
  settings: DispatchSettings;
  installation: Installation;
  log: Log;
  policy: Policy;
  limits: Limits;
  observer: Observer;
  hooks: readonly Hook[];
  termsOf(node: string): NodeTerms;
  random(): number;
  /** See `SizingParts`. */
  sealFor: SizingParts['sealFor'];
  /** Joins a run's spec with its secrets. */
  specOf(run: WithSpec): Promise<WorkerSpec>;
  /** The variables of a run's command, with their values. */
  envOf: Parts['envOf'];
  results: ResultsDirectory;
  publisher: Publisher;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
  /** Variables and input of a task on a node. */
  inputOf(task: Task, node: string): Promise<TaskInput>;
  /** Returns a function that replaces a run's secrets in all texts of a value. */
  hiderOf(run: Pick<Run, 'id'>): Promise<<T>(value: T) => T>;
}

/** The service without its HTTP: takes runs, places them on nodes, makes their workers and follows them to their ends. */
export class Dispatcher {
  readonly runs: Runs;
  readonly intake: Intake;
  readonly commands: Commands;
  readonly holds: Holds;
  readonly elsewhere: Elsewhere;
  readonly exports: Exports;
  readonly imports: Imports;
  readonly tasks: TaskRoom;
  readonly transfers: Transfers;
  readonly resultsDecisions: ResultsDecisions;
  readonly publishing: Publishing;
  readonly placing: Placing;
  readonly outlook: Outlook;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly offers: Offers;
  private readonly driver: Driver;
  private readonly recovery: Recovery;
  readonly orphans: Orphans;
  readonly fleets: Fleets;
  readonly stealers: Stealers;
  readonly stealing: Stealing;
  readonly sizing: Sizing;
  readonly fleetCommands: FleetCommands;
  private readonly stop = new AbortController();
  private work: Promise<unknown> = Promise.resolve();
  /** Whether the service looks for workers of runs that the database may not have. */
  isRecovering: boolean;

  constructor(private readonly options: DispatcherOptions) {
    const { runtime, store, settings, installation, log, policy, limits, observer, termsOf, specOf, envOf, results, publisher, random } =
      options;
    const { clock } = runtime;
    const { id } = installation;
    // The step of every run listens to it.
    setMaxListeners(0, this.stop.signal);
    this.isRecovering = installation.recovering;
    this.runs = new Runs(
      store,
      clock,
      options.hiderOf,
      (organisation) => limits.budgetOf(organisation),
      (run, before) => {
        observer.changed(run, before);
        const { id: name, attempt, state, node, reason } = run;
        if (state !== before?.state) log.info({ run: name, attempt, state, node, reason }, `the run is ${state}`);
        this.placing.wake();
        this.fleets.changed(run, before);
        this.stealers.changed(run, before);
        this.tasks.runChanged(run);
        this.transfers.runChanged(run);
        if (!before) this.holds.added(run);
        if (run.resultsDue !== before?.resultsDue) this.publishing.wake();
      },
      chained(options.hooks, log),
    );
    const { runs } = this;
    const nodes = new Map(
      runtime.nodes.names.map((name) => {
        const kind = runtime.nodes.entry(name).name;
        return [
          name,
          new Node({
            ...{ name, kind, terms: termsOf(name), making: settings.making, clock, random },
            open: () => runtime.openNode(name),
            looked: (ms, answered, change) => {
              observer.looked(name, ms, answered);
              if (change === 'health') this.placing.wake();
              if (change === 'workers') this.placing.wakeFor(name);
              if (change !== null) this.sizing.wake();
            },
          }),
        ];
      }),
    );
    this.nodes = nodes;
    this.offers = new Offers(runtime, [...nodes.values()], clock, policy);
    const { offers } = this;
    const nodeOf = (node: string) => nodes.get(node) ?? unknownNode(node);
    const probeAt = (node: string) => nodes.get(node)?.probeAt ?? null;
    const fences = new NodeFences();
    const progress: Parts['progress'] = ({ id: run, attempt, node }, event) => {
      if (event.type === 'warning') log.warn({ run, attempt, node }, event.message);
    };
    this.transfers = new Transfers({ runs, runtime, log, skewOf: (node) => nodes.get(node)?.skew ?? 0 });
    this.tasks = new TaskRoom({
      ...{
        runtime,
        runs,
        nodes,
        installation: id,
        log,
        store,
        most: settings.mostWaiting,
        mostOutput: settings.taskOutputs,
        stop: this.stop.signal,
      },
      transfers: this.transfers,
      fleets: () => this.fleets,
      wake: () => this.sizing.wake(),
      stealersOf: (queue) => this.stealers.takersOf(queue),
      changed: (task, before) => {
        observer.taskChanged(task, before);
        this.stealers.taskChanged(task, before);
      },
      inputOf: (task, node) => options.inputOf(task, node),
      runsModules: (node) => options.runsModules(node),
    });
    const driver = new Driver(
      {
        runtime,
        runs,
        settings,
        fences,
        installation: id,
        specOf,
        random,
        nodeOf,
        probeAt,
        progress,
        envOf,
        results,
        hasTasks: (run) => this.tasks.desk.hasTasks(run),
      },
      log,
      this.stop.signal,
    );
    this.driver = driver;
    this.intake = new Intake({
      ...{ runs, offers, settings, limits, installation: id, clock },
      assertWorkers: (organisation, spec, workers) => assertWorkers(organisation, spec, workers, { limits, fleets: this.fleets }),
    });
    this.recovery = new Recovery({ runtime, runs, installation: id, nodes, log });
    this.orphans = new Orphans({ runtime, runs, nodes: [...nodes.values()], installation: id, log });
    this.elsewhere = new Elsewhere(runs, clock);
    const changed = () => this.placing.wake();
    const mayUse = (run: Run, node: string) => this.fleets.mayUse(run, node) && this.stealers.mayUse(run, node);
    const queue = new Queue({ runs, offers, nodes, orphans: this.orphans, settings, limits, clock, changed, mayUse });
    this.outlook = new Outlook({ queue, offers, nodes, margin: settings.fenceMargin, clock });
    this.commands = new Commands({ runtime, runs, driver, limits, outlook: this.outlook, extending: queue.extending });
    this.holds = new Holds({ runs, commands: this.commands, clock, log });
    const { intake, commands } = this;
    const own = { store, runs, intake, commands, nodes, offers, limits, clock, log, settings: defaultFleetSettings };
    const asideReason = (worker: string) => this.tasks.desk.asideReason(worker);
    const fleetChanged = (fleet: string) => this.tasks.desk.queueChanged(fleet);
    const isTaking = (worker: string) => this.tasks.desk.isTaking(worker);
    const wake = () => this.sizing.wake();
    const runsModules = (node: string) => options.runsModules(node);
    this.fleets = new Fleets({ store, runs, nodes, clock, changed: fleetChanged, wake, runsModules });
    this.stealers = new Stealers({ store, runs, clock, wake, runsModules });
    const sizing = { ...own, fleets: this.fleets, asideReason, isTaking, runsModules, sealFor: options.sealFor };
    this.stealing = new Stealing({ ...sizing, stealers: this.stealers });
    this.sizing = new Sizing({ ...sizing, stealing: this.stealing });
    this.fleetCommands = new FleetCommands({ ...own, fleets: this.fleets });
    const recovering = () => this.isRecovering;
    this.exports = new Exports({ runs, store, driver, orphans: this.orphans, nodes, installation: id, clock, recovering });
    this.imports = new Imports({ runtime, runs, intake: this.intake, driver, nodes, installation: id, recovering });
    this.resultsDecisions = new ResultsDecisions({ runs, directory: results, clock });
    this.publishing = new Publishing({ runs, store, directory: results, publisher, settings, clock, log, random });
    this.placing = new Placing({ runs, nodes, driver, queue, clock, log });
  }

  /** Takes up the runs of an earlier process, and begins to place. */
  async start(): Promise<void> {
    const { signal } = this.stop;
    const { settings, store } = this.options;
    await loadCordons(store, this.nodes.values());
    await this.runs.load();
    this.holds.resume();
    await this.fleets.load();
    await this.stealers.load();
    await this.tasks.load();
    await this.options.results.load();
    this.work = Promise.all([
      this.carryOn(signal),
      this.tasks.desk.work(),
      this.publishing.loop(signal),
      ...[...this.nodes.values()].map((node) => node.keepLooking(settings.pollPeriod, signal)),
    ]);
  }

  private async carryOn(signal: AbortSignal): Promise<void> {
    const { installation } = this.options;
    if (installation.recovering && (await this.recovery.all(signal))) await installation.recovered();
    if (signal.aborted) return;
    this.isRecovering = false;
    for (const run of this.runs.all()) if (run.state !== 'queued') this.driver.drive(run, { resumed: true });
    await Promise.all([this.placing.loop(signal), this.sizing.loop(signal), this.orphans.search(this.options.settings.pollPeriod, signal)]);
  }

  /** Stops all work. Workers stay alive, and the next start continues. */
  async close(): Promise<void> {
    this.stop.abort();
    this.holds.close();
    await Promise.all([this.work, this.driver.close()]);
  }
}

function unknownNode(node: string): never {
  throw new MayflyError('settings_invalid', {
    place: { path: node },
    cause: 'is no node of the settings any more, and a run has a worker there',
    remedy: 'add the node to the settings again until the run has ended',
  });
}

import type { Actual, CallContext } from '../../backends/ports/driver.js';
import { MayflyError, type Problem, toMayflyError } from '../../errors.js';
import { configuredAttributes, planChanges, type Scope, scopeOf } from '../../plan/changes.js';
import { wantedForCreate, wantedForUpdate } from '../../plan/diff.js';
import { buildGraph, type Graph, transitiveDependencies } from '../../plan/graph.js';
import { evaluateOutputs } from '../../plan/outputs.js';
import type { Change, Plan } from '../../plan/plan.js';
import type { Attributes } from '../../plan/resource-schema.js';
import { sensitiveAttributes, type Stack, type Variables } from '../../plan/stack.js';
import { changedOutputs, emptyState, type State } from '../../state/records.js';
import type { Applier, ApplyContext } from '../applier.js';
import { throwIfInterrupted } from '../interrupted.js';
import { Journal, journalName } from '../journal.js';
import { type Operation, operationsOf } from './operations.js';
import { driverOf, refresh, schemasOf, withoutUnknown } from '../refresh.js';
import { StateWriter } from './state-writer.js';
import { walk } from './walk.js';

/** Carries out plans through the backend's resource drivers, in parallel along the graph. Needs no Terraform. */
export const embeddedApplier: Applier = {
  async plan({ backend, directory, stack, graph, variables, objects, ignoreState }) {
    const state = ignoreState ? emptyState() : await directory.readState();
    const { existing, drift } = await refresh(objects, backend, graph, variables, state);
    const schemas = schemasOf(backend);
    const changes = planChanges({ graph, variables, schemas, existing });
    return { changes, drift, outputs: outputChanges(stack, changes, variables, state, schemas), state, existing };
  },
  async apply(plan, context) {
    const run = new Run(plan, context);
    return run.carryOut();
  },
  async settle({ stack }, { backend, directory, state, variables }) {
    const schemas = schemasOf(backend);
    const outputs = evaluateOutputs(
      stack,
      scopeOf(variables, (address) => state.records.get(address)?.attributes),
      schemas,
    );
    const settled = { ...state, outputs, serial: state.serial + 1, lineage: state.lineage! };
    await directory.writeState(settled, schemas);
    return settled;
  },
};

function outputChanges(
  stack: Stack,
  changes: readonly Change[],
  variables: Variables,
  state: State,
  schemas: Parameters<typeof evaluateOutputs>[2],
): string[] {
  const after = new Map(changes.map((change) => [change.address, change.after]));
  const outputs = evaluateOutputs(
    stack,
    scopeOf(variables, (address) => after.get(address) ?? undefined),
    schemas,
  );
  // A lost state has no outputs. Writing them again is no change of the worker.
  return state.lineage === null ? [] : changedOutputs(outputs, state.outputs);
}

class Run {
  private readonly graph: Graph;
  private readonly dependencies: Map<string, string[]>;
  private readonly attributes = new Map<string, Attributes>();
  private readonly ids = new Map<string, string>();
  /** Start of each resource's operation, in milliseconds since the epoch, by address. */
  private readonly begun = new Map<string, number>();
  private readonly scope: Scope;
  private readonly journal: Journal;
  private readonly writer: StateWriter;
  private readonly call: CallContext;

  constructor(
    private readonly plan: Plan,
    private readonly context: ApplyContext,
  ) {
    this.graph = buildGraph(plan.stack);
    this.dependencies = transitiveDependencies(this.graph);
    this.scope = scopeOf(context.variables, (address) => this.attributes.get(address));
    this.journal = new Journal(context.directory.file(journalName), context.clock);
    this.writer = new StateWriter(context.state, context.directory, schemasOf(context.backend), context.newId);
    this.call = { signal: context.abort, emit: context.emit, pullSecret: context.pullSecret };
  }

  async carryOut(): Promise<State> {
    const { plan, context } = this;
    for (const change of plan.changes) {
      if (change.before && change.id) this.remember(change, change.before, change.id, change.tainted);
    }
    const operations = operationsOf(plan.changes, (type) => driverOf(context.backend, type).start !== undefined);
    const skipped = new Map<string, string>();
    const { failed, stopped } = await walk(operations, {
      parallelism: context.parallelism,
      stop: context.stop,
      run: (operation) => this.runOne(operation),
      skipped: ({ change: { address } }, because) => {
        if (!skipped.has(address)) skipped.set(address, because.change.address);
      },
    });
    this.reportSkipped(skipped, new Set([...failed.keys()].map(({ change }) => change.address)));
    if (failed.size === 0 && !stopped) {
      this.writer.setOutputs(evaluateOutputs(plan.stack, this.scope, schemasOf(context.backend)));
    }
    const state = await this.writer.flush();
    if (!context.abort.aborted) this.journal.finish();
    throwIfInterrupted(context, plan.worker);
    // In the order of the operations, so that a dependency's failure comes first.
    if (failed.size > 0) throw applyFailed(operations.flatMap((one) => (failed.has(one) ? [[one, failed.get(one)]] : [])));
    return state;
  }

  /** Reports skipped resources. A failed resource is already reported, even if one of its operations was skipped. */
  private reportSkipped(skipped: ReadonlyMap<string, string>, failed: ReadonlySet<string>): void {
    for (const [address, because] of skipped) {
      if (!failed.has(address)) this.context.emit({ type: 'resource_skipped', address, because });
    }
  }

  /** Reports creating and starting as one operation, because the provider does both at once. */
  private async runOne(operation: Operation): Promise<void> {
    const { clock, emit, abort, assertHeld } = this.context;
    const { kind, change } = operation;
    const { address } = change;
    const reported = kind === 'start' ? 'create' : kind;
    abort.throwIfAborted();
    assertHeld?.();
    if (kind !== 'start') {
      this.begun.set(address, clock.now());
      emit({ type: 'resource_started', address, operation: reported });
    }
    this.journal.write(operation, 'intent');
    try {
      await this.actions[kind](change);
      this.journal.write(operation, 'done');
      if (kind === 'create' && this.driver(change).start) return;
      const id = this.ids.get(address) ?? change.id ?? '';
      emit({ type: 'resource_done', address, operation: reported, id, elapsedMs: clock.now() - this.begun.get(address)! });
    } catch (error) {
      // After an abort the result of the call is unknown, so the intent stays open.
      if (!abort.aborted) this.journal.write(operation, 'failed');
      if (kind === 'start') this.writer.taint(address);
      emit({ type: 'resource_failed', address, operation: reported, problem: problemOf(error, address) });
      throw error;
    }
  }

  private readonly actions: Record<Operation['kind'], (change: Change) => Promise<void>> = {
    create: async (change) => {
      const { schema, create } = this.driver(change);
      const wanted = withoutUnknown(wantedForCreate(this.configured(change), schema));
      this.context.made?.trying(change.address);
      const actual = await create.call(this.driver(change), change.address, wanted, this.call);
      if (actual.found) this.context.made?.wasThere(actual.id);
      this.record(change, actual);
    },
    start: async (change) => {
      const driver = this.driver(change);
      const wanted = this.attributes.get(change.address)!;
      this.record(change, await driver.start!(this.ids.get(change.address)!, wanted, this.call));
    },
    update: async (change) => {
      const driver = this.driver(change);
      const node = this.graph.get(change.address)!;
      const ignored = node.block.lifecycle?.ignore_changes ?? [];
      const wanted = wantedForUpdate(this.configured(change), change.before!, driver.schema, ignored);
      this.record(change, await driver.update(change.id!, wanted, change.attributes, this.call));
    },
    delete: async (change) => {
      await this.driver(change).delete(change.id!, change.before!, this.call);
      this.attributes.delete(change.address);
      this.writer.remove(change.address);
    },
  };

  private driver(change: Change) {
    return driverOf(this.context.backend, change.type);
  }

  private configured(change: Change): Attributes {
    return configuredAttributes(this.graph.get(change.address)!, this.driver(change).schema, this.scope);
  }

  private record(change: Change, actual: Actual): void {
    this.remember(change, actual.attributes, actual.id, false);
    this.writer.save();
  }

  private remember({ address, type, name, dependencies }: Change, attributes: Attributes, id: string, tainted: boolean): void {
    this.attributes.set(address, attributes);
    this.ids.set(address, id);
    const all = this.dependencies.get(address) ?? dependencies;
    this.writer.set(address, {
      type,
      name,
      attributes,
      dependencies: all,
      tainted,
      sensitive: sensitiveAttributes(this.plan.stack, address),
    });
  }
}

function problemOf(error: unknown, address: string): Problem {
  const { message, remedy } = toMayflyError(error);
  return { place: { path: address }, cause: message, ...(remedy && { remedy }) };
}

/** One failure keeps its own code; several become one `apply_failed`. */
function applyFailed(failed: [Operation, unknown][]): MayflyError {
  const problems = failed.map(([{ change }, error]) => problemOf(error, change.address));
  const first = toMayflyError(failed[0]![1]);
  const { place, remedy } = problems[0]!;
  return new MayflyError(failed.length === 1 ? first.code : 'apply_failed', {
    cause: first.message,
    ...(place && { place }),
    ...(remedy && { remedy }),
    problems,
    limit: failed.map(([, error]) => toMayflyError(error).limit).find((limit) => limit !== null),
    error: first,
  });
}

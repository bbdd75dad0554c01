import type { Backend } from '../../backends/ports/backend.js';
import type { MayflyEvent } from '../../events.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';
import type { Runtime } from '../../worker/runtime.js';
import type { NodeFences } from '../nodes/fence.js';
import type { NodeWatch } from '../nodes/node-watch.js';
import type { Node } from '../nodes/node.js';
import type { ResultsDirectory } from '../results/directory.js';
import type { Run, WithSpec } from '../run.js';
import type { Runs } from '../runs.js';
import type { DispatchSettings } from '../settings.js';

/** The parts that steps work with. */
export interface Parts {
  runtime: Runtime;
  runs: Runs;
  settings: DispatchSettings;
  fences: NodeFences;
  /** A label of every object that this installation makes. */
  installation: string;
  /** @throws MayflyError for a node that is not in the settings any more */
  nodeOf(node: string): Node;
  /** When a silent node is looked at again, in milliseconds since the epoch; `null` for any other. */
  probeAt(node: string): number | null;
  /** The run's spec with its secrets. */
  specOf(run: WithSpec): Promise<WorkerSpec>;
  /** Whether tasks of a run have no final state. */
  hasTasks(run: string): boolean;
  /** The variables of the run's command, with their values. */
  envOf(run: Run): Promise<Readonly<Record<string, string>>>;
  results: ResultsDirectory;
  /** From 0 to 1. */
  random(): number;
  /** Takes the events of a use case. */
  progress(run: Run, event: MayflyEvent): void;
}

export interface Signals {
  /** Aborts when this process ends: workers stay, and the next process continues. */
  stop: AbortSignal;
  /** Aborts when the run's state was changed by another: the step is not wanted any more. */
  outdated: AbortSignal;
  /** The step may have been begun by an earlier process. */
  resumed: boolean;
}

/** A run in a step has a node, a worker and a fence. */
export interface Placed {
  node: string;
  worker: string;
  watch: NodeWatch;
  backend: Backend;
}

export type Step = (run: Run, parts: Parts, signals: Signals) => Promise<void>;

/** @throws Error for a run that has no node: its state says that it has one */
export async function placeOf({ id, node, worker }: Run, { runtime, nodeOf }: Parts): Promise<Placed> {
  if (node === null || worker === null) throw new Error(`the run ${id} has no node`);
  return { node, worker, watch: nodeOf(node).watch, backend: await runtime.openNode(node) };
}

import { MayflyError } from '../../errors.js';
import { type FunctionRevision, moduleWord } from '../../tasks/functions/function.js';
import type { Task } from '../../tasks/task.js';
import { defaultLimits } from '../../tasks/wasm/limits.js';
import type { WasmJob } from '../../tasks/wasm/program/job.js';
import type { TaskInput } from '../tasks/deliver.js';
import { organisationOf, type Pool } from '../tasks/pool.js';
import type { ModuleFiles } from './modules.js';
import type { FunctionRegistry } from './registry.js';

export interface FunctionTaskParts {
  registry: Pick<FunctionRegistry, 'find'>;
  modules: Pick<ModuleFiles, 'pathOf'>;
  /** Names of the nodes that may run modules. */
  nodes: readonly string[];
  /** The nodes for modules that workers of a pool can have. */
  nodesFor(pool: Pool): Promise<readonly string[]>;
  /** The program that runs a module: Node's path and a file's. */
  program: readonly string[];
}

/** The parts of a task that a client or its function gives. */
export interface TaskWork {
  command: readonly string[];
  function?: string | undefined;
  container?: string | undefined;
  /** Milliseconds. */
  timeout: number;
  memory?: number | undefined;
  env: Readonly<Record<string, string>>;
}

/** The work that a request names. */
export interface TaskWishes {
  command?: readonly string[] | undefined;
  function?: string | undefined;
  container?: string | undefined;
  timeout?: number | undefined;
  memory?: number | undefined;
  env: Readonly<Record<string, string>>;
  files_in?: readonly unknown[] | undefined;
  files_out?: readonly unknown[] | undefined;
}

/** MB of the two processes that run a module, beside its linear memory. */
const runnerMemory = 256;

/** Makes tasks of functions. */
export class FunctionTasks {
  constructor(private readonly parts: FunctionTaskParts) {}

  /**
   * The work of a new task. Values of the request win over those of its function.
   *
   * @throws MayflyError `not_found`: no such function; `not_possible`: no worker of the pool can be on a node that may run modules,
   *   or a module has files
   */
  async work(pool: Pool, wishes: TaskWishes): Promise<TaskWork> {
    const { function: reference, command = [], container, timeout, memory, env, files_in: ins = [], files_out: outs = [] } = wishes;
    // The schema requires a timeout of a command.
    if (reference === undefined) return { command, container, timeout: timeout!, memory, env };
    const [name = '', asked] = reference.split('@');
    const { revision, env: variables } = await this.parts.registry.find(organisationOf(pool), name, asked);
    const { work } = revision;
    if (work.kind === 'wasm' && (await this.parts.nodesFor(pool)).length === 0) throw noModules(revision, describe(pool, this.parts.nodes));
    if (work.kind === 'wasm' && ins.length + outs.length > 0) throw moduleWithFiles(revision);
    return {
      command: work.kind === 'wasm' ? [moduleWord(name), ...work.args] : work.command,
      function: `${name}@${revision.revision}`,
      container: container ?? revision.container ?? undefined,
      timeout: timeout ?? revision.timeout,
      memory: memory ?? memoryOf(revision),
      env: { ...variables, ...env },
    };
  }

  /** The input of a task on a node, with the command that runs its module. @throws MayflyError `not_possible`: the node may not run modules */
  async inputOn(node: string, task: Task, given: TaskInput): Promise<TaskInput> {
    if (task.function === null) return given;
    const [name = '', asked] = task.function.split('@');
    const { revision } = await this.parts.registry.find(task.organisation, name, asked);
    const { work } = revision;
    if (work.kind === 'command') return given;
    if (!this.parts.nodes.includes(node)) throw noModules(revision, notThere(node));
    const job: WasmJob = {
      module: this.parts.modules.pathOf(work.module),
      digest: work.module,
      args: [...task.command],
      env: [...Object.keys(given.env), 'MAYFLY_TASK_ID', 'MAYFLY_TASK_ATTEMPT'],
      directory: null,
      limits: { timeout: task.timeout, memory: revision.memory ?? defaultLimits.memory },
    };
    return { ...given, command: [...this.parts.program, JSON.stringify(job)] };
  }
}

function notThere(node: string): string {
  return `the node ${node} does not run modules`;
}

/** Why no worker of a pool runs modules. */
function describe(pool: Pool, nodes: readonly string[]): string {
  if ('run' in pool && pool.run.node !== null) return notThere(pool.run.node);
  if (nodes.length === 0) return 'no node runs modules';
  if ('run' in pool) return 'no node that accepts the run runs modules';
  return `no node that the fleet ${pool.fleet.name} can use runs modules`;
}

function noModules({ name, revision }: FunctionRevision, why: string): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: `${name}@${revision}` },
    cause: `is a module of WebAssembly, and ${why}`,
    remedy: 'use a run or a fleet on process nodes with `functions: true` in the settings of the service',
  });
}

function moduleWithFiles({ name, revision }: FunctionRevision): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: `${name}@${revision}` },
    cause: 'is a module of WebAssembly, which has no files of its worker',
    remedy: 'leave files_in and files_out out',
  });
}

function memoryOf({ work, memory }: FunctionRevision): number | undefined {
  return work.kind === 'command' ? (memory ?? undefined) : (memory ?? defaultLimits.memory) + runnerMemory;
}

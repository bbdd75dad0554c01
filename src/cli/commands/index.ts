import type { ArgsOf, Declaration } from '../declaration.js';
import { allocation } from './allocation/options.js';
import { apply } from './apply/options.js';
import { cache } from './cache/options.js';
import { completion } from './completion/options.js';
import { connect } from './connect/options.js';
import { cp } from './cp/options.js';
import { destroy } from './destroy/options.js';
import { doctor } from './doctor/options.js';
import { exec } from './exec/options.js';
import { extend } from './extend/options.js';
import { fleet } from './fleet/options.js';
import { functions } from './functions/options.js';
import { gc } from './gc/options.js';
import { graph } from './graph/options.js';
import { init } from './init/options.js';
import { keeper } from './keeper/options.js';
import { list } from './list/options.js';
import { logs } from './logs/options.js';
import { nodes } from './nodes/options.js';
import { output } from './output/options.js';
import { plan } from './plan/options.js';
import { run } from './run/options.js';
import { runs } from './runs/options.js';
import { schema } from './schema/options.js';
import { serve } from './serve/options.js';
import { show } from './show/options.js';
import { synth } from './synth/options.js';
import { task } from './task/options.js';
import { unlock } from './unlock/options.js';
import { validate } from './validate/options.js';
import { wait } from './wait/options.js';
import { why } from './why/options.js';

export interface Command extends Declaration {
  /** Takes the parser's result for this declaration. */
  run(parsed: unknown): Promise<void>;
}

interface Module<Args> {
  run: (args: Args) => Promise<void>;
}

/**
 * Joins a declaration with the module that runs it. The module is loaded when its command is chosen.
 *
 * @param remote loads the module for a command with a service. `refused`: there is none, since its workers are the service's. Absent: the
 * command has nothing to do with a service, and a `server` in the settings is none of its business.
 */
export function command<const D extends Declaration>(
  declaration: D,
  load: () => Promise<Module<ArgsOf<D>>>,
  remote?: (() => Promise<Module<ArgsOf<D>>>) | 'refused',
): Command {
  const { name } = declaration;
  return {
    ...declaration,
    async run(parsed) {
      const args = parsed as ArgsOf<D>;
      if (remote === undefined && args.server === undefined) return (await load()).run(args);
      const { refuse, usesServer } = await import('../remote/choose.js');
      const isRemote = await usesServer(args);
      if (isRemote === null) return;
      if (!isRemote) return (await load()).run(args);
      if (typeof remote !== 'function') return refuse(name, args);
      return (await remote()).run(args);
    },
  };
}

/** All commands, in the order of help. */
export const commands: readonly Command[] = [
  command(
    plan,
    () => import('./plan/run.js'),
    () => import('./plan/remote.js'),
  ),
  command(
    apply,
    () => import('./apply/run.js'),
    () => import('./apply/remote.js'),
  ),
  command(
    destroy,
    () => import('./destroy/run.js'),
    () => import('./destroy/remote.js'),
  ),
  command(output, () => import('./output/run.js'), 'refused'),
  command(
    show,
    () => import('./show/run.js'),
    () => import('./show/remote.js'),
  ),
  command(
    list,
    () => import('./list/run.js'),
    () => import('./list/remote.js'),
  ),
  command(
    extend,
    () => import('./extend/run.js'),
    () => import('./extend/remote.js'),
  ),
  command(init, () => import('./init/run.js')),
  command(validate, () => import('./validate/run.js')),
  command(
    run,
    () => import('./run/run.js'),
    () => import('./run/remote.js'),
  ),
  command(
    exec,
    () => import('./exec/run.js'),
    () => import('./exec/remote.js'),
  ),
  command(
    logs,
    () => import('./logs/run.js'),
    () => import('./logs/remote.js'),
  ),
  command(
    cp,
    () => import('./cp/run.js'),
    () => import('./cp/remote.js'),
  ),
  command(
    wait,
    () => import('./wait/run.js'),
    () => import('./wait/remote.js'),
  ),
  command(gc, () => import('./gc/run.js')),
  command(cache, () => import('./cache/run.js')),
  command(unlock, () => import('./unlock/run.js')),
  command(synth, () => import('./synth/run.js')),
  command(graph, () => import('./graph/run.js')),
  command(schema, () => import('./schema/run.js')),
  command(doctor, () => import('./doctor/run.js')),
  command(keeper, () => import('./keeper/run.js')),
  command(serve, () => import('./serve/run.js')),
  command(
    runs,
    () => import('./runs/run.js'),
    () => import('./runs/run.js'),
  ),
  command(
    why,
    () => import('./why/run.js'),
    () => import('./why/run.js'),
  ),
  command(
    nodes,
    () => import('./nodes/run.js'),
    () => import('./nodes/run.js'),
  ),
  command(
    fleet,
    () => import('./fleet/run.js'),
    () => import('./fleet/run.js'),
  ),
  command(
    allocation,
    () => import('./allocation/run.js'),
    () => import('./allocation/run.js'),
  ),
  command(
    functions,
    () => import('./functions/run.js'),
    () => import('./functions/run.js'),
  ),
  command(
    task,
    () => import('./task/run.js'),
    () => import('./task/run.js'),
  ),
  command(
    connect,
    () => import('./connect/run.js'),
    () => import('./connect/run.js'),
  ),
  command(completion, () => import('./completion/run.js')),
];

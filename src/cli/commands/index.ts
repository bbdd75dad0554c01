import type { ArgsOf, Declaration } from '../declaration.js';
import { apply } from './apply/options.js';
import { cache } from './cache/options.js';
import { completion } from './completion/options.js';
import { cp } from './cp/options.js';
import { destroy } from './destroy/options.js';
import { doctor } from './doctor/options.js';
import { exec } from './exec/options.js';
import { extend } from './extend/options.js';
import { gc } from './gc/options.js';
import { graph } from './graph/options.js';
import { init } from './init/options.js';
import { keeper } from './keeper/options.js';
import { list } from './list/options.js';
import { logs } from './logs/options.js';
import { output } from './output/options.js';
import { plan } from './plan/options.js';
import { run } from './run/options.js';
import { schema } from './schema/options.js';
import { serve } from './serve/options.js';
import { show } from './show/options.js';
import { synth } from './synth/options.js';
import { unlock } from './unlock/options.js';
import { validate } from './validate/options.js';
import { wait } from './wait/options.js';

export interface Command extends Declaration {
  /** Takes the parser's result for this declaration. */
  run(parsed: unknown): Promise<void>;
}

interface Module<Args> {
  run: (args: Args) => Promise<void>;
}

/** Joins a declaration with the module that runs it. The module is loaded when its command is chosen. */
export function command<const D extends Declaration>(declaration: D, load: () => Promise<Module<ArgsOf<D>>>): Command {
  return { ...declaration, run: async (parsed) => (await load()).run(parsed as ArgsOf<D>) };
}

/** All commands, in the order of help. */
export const commands: readonly Command[] = [
  command(plan, () => import('./plan/run.js')),
  command(apply, () => import('./apply/run.js')),
  command(destroy, () => import('./destroy/run.js')),
  command(output, () => import('./output/run.js')),
  command(show, () => import('./show/run.js')),
  command(list, () => import('./list/run.js')),
  command(extend, () => import('./extend/run.js')),
  command(init, () => import('./init/run.js')),
  command(validate, () => import('./validate/run.js')),
  command(run, () => import('./run/run.js')),
  command(exec, () => import('./exec/run.js')),
  command(logs, () => import('./logs/run.js')),
  command(cp, () => import('./cp/run.js')),
  command(wait, () => import('./wait/run.js')),
  command(gc, () => import('./gc/run.js')),
  command(cache, () => import('./cache/run.js')),
  command(unlock, () => import('./unlock/run.js')),
  command(synth, () => import('./synth/run.js')),
  command(graph, () => import('./graph/run.js')),
  command(schema, () => import('./schema/run.js')),
  command(doctor, () => import('./doctor/run.js')),
  command(keeper, () => import('./keeper/run.js')),
  command(serve, () => import('./serve/run.js')),
  command(completion, () => import('./completion/run.js')),
];

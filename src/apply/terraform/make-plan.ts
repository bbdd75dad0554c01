import { MayflyError } from '../../errors.js';
import { type Calling, must } from './command.js';
import type { ShownPlan } from './plan-json.js';

export interface MakePlanOptions {
  /** Where the CLI's own file of the plan goes. */
  file: string;
  /** Of a state that is no copy. */
  lock: boolean;
}

/** Has the CLI plan in a directory that is ready. @returns its plan as JSON */
export async function makePlan({ file, lock }: MakePlanOptions, calling: Calling): Promise<ShownPlan> {
  await must(['plan', '-json', '-input=false', `-lock=${lock}`, `-out=${file}`], calling);
  const { stdout } = await must(['show', '-json', file], calling);
  try {
    return JSON.parse(stdout) as ShownPlan;
  } catch (error) {
    const { cli, worker } = calling;
    // What it printed holds the values of all variables.
    throw new MayflyError('applier_failed', {
      place: { path: worker },
      cause: `what \`${cli.product} show -json\` printed is cut short or no JSON`,
      remedy: 'run the same command again',
      error,
    });
  }
}

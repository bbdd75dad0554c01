import { interrupted } from '../embedded.js';
import type { ChildResult } from './child.js';
import type { Product } from './cli.js';
import { diagnosticIn, failed, parseLine } from './diagnostics.js';
import type { ShownPlan } from './plan-json.js';

export const planName = 'tfplan';

export interface MakePlanOptions {
  product: Product;
  worker: string;
  stop: AbortSignal;
  /** Of a state that is no copy. */
  lock: boolean;
  call(args: string[], onLine?: (line: string) => void): Promise<ChildResult>;
}

/** Has the CLI plan in a directory that is ready. @returns its plan as JSON, with its own file of it beside the stack */
export async function makePlan({ product, worker, stop, lock, call }: MakePlanOptions): Promise<ShownPlan> {
  let text = '';
  const lines: NonNullable<ReturnType<typeof parseLine>>[] = [];
  const planned = await call(['plan', '-json', '-input=false', `-lock=${lock}`, `-out=${planName}`], (raw) => {
    const line = parseLine(raw);
    if (line) lines.push(line);
    else text += `${raw}\n`;
  });
  if (stop.aborted) throw interrupted(worker);
  if (planned.code !== 0) {
    const diagnostics = lines.flatMap((line) => diagnosticIn(line) ?? []);
    throw failed(`${product} plan`, worker, { diagnostics, text: text + planned.stderr });
  }
  const { code, stdout, stderr } = await call(['show', '-json', planName]);
  if (stop.aborted) throw interrupted(worker);
  try {
    if (code === 0) return JSON.parse(stdout) as ShownPlan;
  } catch {
    // Said below.
  }
  throw failed(`${product} show -json`, worker, { diagnostics: [], text: stderr || stdout });
}

import { containersOf } from './draft.js';
import { engineSize, idleSize } from './engine-defaults.js';
import type { Path } from './path.js';
import type { Rule } from './rules.js';
import { type ContainerSpec, engineName, everyContainer, type WorkerSpec } from './worker-spec.js';

/** How a container gets its cpu, in millicores. */
export interface CpuTerms {
  /** Its part when all containers of the host want cpu at once; `null`: a part like that of every other container. */
  share: number | null;
  /** The most that it uses; `null`: all that is free. */
  limit: number | null;
}

/** The terms of one container. A request (a spec without an engine of its own) has its cpu as a limit, unless it sets `cpu_limit`. */
export function cpuTerms({ engine }: Pick<WorkerSpec, 'engine'>, { cpu, cpu_limit }: Pick<WorkerSpec, 'cpu' | 'cpu_limit'>): CpuTerms {
  if (engine === null && cpu_limit === null) return { share: null, limit: cpu };
  return { share: cpu, limit: cpu_limit === 'none' ? null : cpu_limit };
}

/** The terms of the engine and of every container. */
export function everyCpu(spec: WorkerSpec): (CpuTerms & { name: string })[] {
  return everyPart(spec).map((one) => ({ name: one.name, ...cpuTerms(spec, one) }));
}

/** The limits that the spec itself sets. */
export function ownLimits(spec: WorkerSpec): { name: string; limit: number }[] {
  return everyPart(spec).flatMap(({ name, cpu_limit }) => (typeof cpu_limit === 'number' ? [{ name, limit: cpu_limit }] : []));
}

function everyPart(spec: WorkerSpec): Pick<ContainerSpec, 'name' | 'cpu' | 'cpu_limit'>[] {
  return [{ ...spec, name: engineName }, ...everyContainer(spec)];
}

/** A limit is at least the cpu that is asked for. */
export const limitHoldsCpu: Rule = (draft) => {
  const own = draft.engine === 'idle' ? idleSize : engineSize;
  const containers = containersOf(draft).map(({ path, container }) => ({ path, ...container, fallback: engineSize.cpu }));
  return [{ path: [] as Path, ...draft, fallback: own.cpu }, ...containers]
    .filter(({ cpu, cpu_limit, fallback }) => cpu_limit !== undefined && cpu_limit < (cpu ?? fallback))
    .map(({ path, cpu, fallback }) => ({
      path: [...path, 'cpu_limit'],
      cause: `is less than the cpu that is asked for${cpu === undefined ? ` (${fallback} by default)` : ''}`,
      remedy: 'raise it, ask for less cpu, or write `cpu_limit: none`',
      ...(cpu !== undefined && { other: [...path, 'cpu'] }),
    }));
};

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Machine } from './simulator.js';

/** The folder of the published traces, which the repository does not contain. `MAYFLY_TRACES` names another one. */
const folder = process.env['MAYFLY_TRACES'] ?? join(import.meta.dirname, '../../../../shared/traces');

/** @returns `null`: the folder is missing */
export const tracesFolder = existsSync(folder) ? folder : null;

/** Jobs of a file in the Standard Workload Format. */
function swf(file: string): Job[] {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n');
  return lines.flatMap((line) => {
    if (line.trim() === '' || line.startsWith(';')) return [];
    const field = line.trim().split(/\s+/).map(Number);
    const [id, submit, run, cpu, requested, memory] = [field[0]!, field[1]!, field[3]!, field[4]!, field[8]!, field[9]!];
    // The logs have no run time of jobs that were cancelled while they waited.
    if (run < 0) return [];
    const asked = requested > 0 ? requested : run;
    return [{ id, submit, run: Math.min(run, asked), asked, cpu, memory: Math.max(0, memory) }];
  });
}

const several = (prefix: string, count: number, cpu: number, memory: number): Machine[] =>
  Array.from({ length: count }, (_, index) => ({ name: `${prefix}${String(index).padStart(2, '0')}`, cpu, memory }));

export interface Trace {
  jobs: Job[];
  machines: Machine[];
}

/** MetaCentrum on 70 % of its nodes, without the jobs that fit on none. */
export function wagap(): Trace {
  const machines = [...several('wide', 14, 80, 529_426_432 * 1024), ...several('small', 33, 12, 94_035_968 * 1024)];
  const jobs = swf('wagap-2013.swf').filter((job) => machines.some(({ cpu, memory }) => job.cpu <= cpu && job.memory <= memory));
  return { jobs, machines };
}

/** Seth as one node. */
export function hpc2n(): Trace {
  return { jobs: swf('hpc2n.swf').map((job) => ({ ...job, memory: 0 })), machines: several('seth', 1, 240, 0) };
}

export function mediumLate(): Trace {
  const { jobs, profiles } = JSON.parse(readFileSync(join(folder, 'medium_late.json'), 'utf8')) as {
    jobs: { id: number; profile: string; res: number; subtime: number; walltime: number }[];
    profiles: Record<string, { delay: number }>;
  };
  return {
    jobs: jobs.map(({ id, profile, res, subtime, walltime }) => {
      const run = Math.min(profiles[profile]!.delay, walltime);
      return { id, submit: subtime, run, asked: walltime, cpu: res, memory: 0 };
    }),
    machines: several('batsim', 1, 32, 0),
  };
}

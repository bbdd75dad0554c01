import type { Problem } from '../../errors.js';
import type { RunPath, TaskFiles } from '../../tasks/files.js';
import { isFinal, type Run } from '../run.js';
import { runOfWorker } from '../worker-name.js';
import { noContainer } from './pool.js';
import { roomsOf } from './run-workers.js';

interface FilesOfTask {
  files: TaskFiles;
  organisation: string;
  /** `null`: a fleet's task. */
  run: string | null;
  fleet: string | null;
  container: string;
}

/** Reasons why the files of a task could never be copied. */
export async function fileProblems({ files, ...task }: FilesOfTask, runs: { find(id: string): Promise<Run | null> }): Promise<Problem[]> {
  const named = [
    ...files.in.map(({ from }, index) => ({ at: `files_in[${index}].from`, path: from })),
    ...files.out.map(({ to }, index) => ({ at: `files_out[${index}].to`, path: to })),
  ];
  const problems = await Promise.all(named.map(async ({ at, path }) => problemOf(path, await runs.find(path.run), task, at)));
  return problems.filter((one) => one !== null);
}

function problemOf({ run: id, container }: RunPath, run: Run | null, task: Omit<FilesOfTask, 'files'>, at: string): Problem | null {
  const problem = (field: string, cause: string, remedy: string) => ({ place: { path: `${at}.${field}` }, cause, remedy });
  if (run?.organisation !== task.organisation) return problem('run', 'there is no run with this id', 'see GET /v1/runs');
  if (isFinal(run.state)) return problem('run', `the run is ${run.state}: its worker has ended`, 'name another run');
  const rooms = run.spec && roomsOf(run.spec);
  if (rooms && !rooms.has(container)) return noContainer(rooms, container, `${at}.container`);
  if (container !== task.container) return null;
  if (id === task.run) return problem('container', "is the task's own container", 'copy the files in the command of the task');
  const primary = run.primary === null ? null : runOfWorker(run.primary)!.run;
  const mayTake = task.fleet === null ? primary !== null && primary === task.run : run.fleet === task.fleet;
  if (!mayTake) return null;
  return problem('run', 'its worker may get the task, and no file is copied within one container', 'name a run that takes other tasks');
}

import { expect, test } from 'vitest';
import type { Run } from '../../../src/dispatch/run.js';
import { fileProblems } from '../../../src/dispatch/tasks/file-problems.js';
import { workerNameOf } from '../../../src/dispatch/worker-name.js';

const [task, other] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

const cases: Record<string, { of: Partial<Run>; task?: object; container?: string; refused: boolean }> = {
  'of the same fleet': { of: { fleet: 'fleet' }, task: { run: null, fleet: 'fleet' }, refused: true },
  'of the same fleet, in another container': {
    of: { fleet: 'fleet' },
    task: { run: null, fleet: 'fleet' },
    container: 'x',
    refused: false,
  },
  'of another fleet': { of: { fleet: 'another' }, task: { run: null, fleet: 'fleet' }, refused: false },
  'that steals from the run': { of: { primary: workerNameOf(task, 1) }, refused: true },
  'that steals from another run': { of: { primary: workerNameOf(other, 1) }, refused: false },
  'of its own': { of: {}, refused: false },
};

test.for(Object.entries(cases))(
  'files of a run %s: whether they are refused',
  async ([, { of, task: more, container = 'engine', refused }]) => {
    const run = { id: other, organisation: 'team', state: 'running', spec: null, primary: null, fleet: null, ...of } as Run;
    const files = { in: [{ from: { run: other, container, path: '/file' }, to: '/here' }], out: [] };
    const own = { files, organisation: 'team', run: task, fleet: null, container: 'engine', ...more };
    const problems = await fileProblems(own, { find: () => Promise.resolve(run) });
    expect(problems.map(({ place, cause }) => [place?.path, cause])).toEqual(
      refused ? [['files_in[0].from.run', 'its worker may get the task, and no file is copied within one container']] : [],
    );
  },
);

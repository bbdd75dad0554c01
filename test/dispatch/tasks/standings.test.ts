import { expect, test } from 'vitest';
import type { Delivered } from '../../../src/dispatch/tasks/deliver.js';
import { Standings } from '../../../src/dispatch/tasks/standings.js';
import { submittedTask, type Task } from '../../../src/tasks/task.js';
import { serving } from '../scene.js';
import { plain } from '../../tasks/plain.js';

const task = (command: string): Task =>
  submittedTask({
    ...plain,
    ...{ id: '1', organisation: 'team', run: null, fleet: 'f', allocation: null, priority: 0, command: [command], container: 'engine' },
    ...{ timeout: 1, attempts: 1, cpu: 1, memory: 1, now: 0 },
  });
const exited = (exitCode: number): Delivered => ({ result: true, exitCode });

/** Reasons for `a` after each of 12 quick failures of its command there. */
function reasons(completedOn: string | null, command = 'make') {
  const standings = new Standings();
  if (completedOn !== null) standings.note(task('make'), completedOn, exited(0), 100);
  return Array.from({ length: 12 }, () => standings.note(task(command), 'a', exited(3), 100) !== null);
}

test('a worker on which a command fails that has completed on another worker is set aside, once', () => {
  expect(reasons('b').indexOf(true)).toBe(9);
  expect(reasons('b').filter(Boolean)).toHaveLength(1);
});

test.each<[string, boolean[]]>([
  ['completed nowhere', reasons(null)],
  ['completed on this worker', reasons('a')],
  ['is another one than completed', reasons('b', 'test')],
])('a command that %s is itself the reason of its failure', (_title, got) => {
  expect(got).not.toContain(true);
});

test('a worker that was set aside takes no tasks of a later process either', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const run = await first.submit();
  const { worker } = await first.until(run.id, 'running');
  const event = { type: 'worker_set_aside', data: { worker, reason: 'no space left on device' } };
  await first.dispatcher.runs.addEvent(run.id, 1, event);
  await first.kill();
  const second = await scene.serve();
  await second.until(run.id, 'running');
  expect(second.dispatcher.tasks.desk.asideReason(worker!)).toBe('no space left on device');
  expect(second.dispatcher.tasks.desk.asideReason('other')).toBeNull();
});

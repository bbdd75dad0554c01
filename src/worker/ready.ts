import type { Backend } from '../backends/backend.js';
import { interrupted } from '../apply/interrupted.js';
import { MayflyError } from '../errors.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import type { House } from './house.js';

/** Milliseconds between two looks: a fifth of what it took so far, since most get ready at once. */
const firstPoll = 25;
const longestPoll = 250;

/** Waits until the worker is ready. @throws MayflyError `not_ready` with the reason and that container's last lines. */
export async function untilReady(house: House, backend: Backend, spec: WorkerSpec, startedAt: number): Promise<void> {
  const { clock, emit, stop } = house;
  const deadline = startedAt + spec.create_timeout * 1000;
  let told = '';
  for (let poll = firstPoll; ; poll = Math.min(poll * 1.2, longestPoll)) {
    const { ready, waiting, failed } = await backend.readiness(spec.name, spec);
    if (ready) return;
    if (failed) throw await notReady(backend, spec.name, failed.container, `${failed.container} ${failed.reason}`);
    if (waiting.join() !== told) emit({ type: 'waiting', for: waiting, elapsedMs: clock.now() - startedAt });
    told = waiting.join();
    if (clock.now() >= deadline) {
      const [first = ''] = waiting;
      throw await notReady(
        backend,
        spec.name,
        first.split(':')[0]!,
        `not ready within create_timeout (${spec.create_timeout} s), waiting for ${waiting.join(', ')}`,
      );
    }
    await clock.sleep(poll, stop).catch(() => {
      throw interrupted(spec.name, 'interrupted while the worker was getting ready');
    });
  }
}

async function notReady(backend: Backend, worker: string, container: string, cause: string): Promise<MayflyError> {
  const report = (await backend.report(worker)).find((one) => one.container === container);
  return new MayflyError('not_ready', {
    place: { path: `${worker}/${container}` },
    cause,
    remedy: 'see its last lines, mend the spec and apply again',
    log: report?.lastLines ?? [],
  });
}

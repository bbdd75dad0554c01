import { labelKeys } from '../../src/labels.js';
import { images, must } from '../support/docker.js';
import { uniqueName } from '../support/temp-dir.js';
import { limiter } from './limit.js';

/** One container of a crowd. */
export interface Member {
  worker: string;
  id: string;
  lease: string;
}

/** Seconds, far beyond any lease that is given here. */
const lifetime = '2592000';

/** Starts so many containers, each as `mayfly apply` makes an engine; without `labels` nobody's. They obey TERM at once. */
export async function startCrowd(count: number, owned: boolean): Promise<Member[]> {
  const prefix = uniqueName(owned ? 'late' : 'bare');
  const some = limiter(8);
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      some(async () => {
        const worker = `${prefix}-${i}`;
        const labels = { [labelKeys.worker]: worker, [labelKeys.lifetime]: lifetime, [labelKeys.address]: 'docker_container.engine' };
        const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=mayfly-${worker}.engine`, {
          Image: images.busybox,
          Cmd: ['sleep', '100000'],
          Labels: owned ? labels : {},
          HostConfig: { Init: true, NetworkMode: 'mayfly', Memory: 32 * 2 ** 20, MemorySwap: 32 * 2 ** 20, NanoCpus: 50_000_000 },
        });
        await must('POST', `/containers/${Id}/start`);
        return { worker, id: Id, lease: `mayfly-${worker}-lease-1` };
      }),
    ),
  );
}

/** Gives all the same end, in seconds since the epoch. */
export async function writeLeases(crowd: readonly Member[], ends: number): Promise<void> {
  const some = limiter(16);
  const write = ({ worker, lease }: Member) =>
    must('POST', '/volumes/create', {
      Name: lease,
      Labels: { [labelKeys.worker]: worker, [labelKeys.lifetime]: lifetime, [labelKeys.maxDuration]: '60', [labelKeys.ends]: String(ends) },
    });
  await Promise.all(crowd.map((member) => some(() => write(member))));
}

import { describeState } from '../backends/ports/container-state.js';
import type { Deadline } from '../lease/deadline.js';
import type { Ended, Shown } from '../worker/show.js';
import { duration, moment, table, titleOfWorker } from './format.js';

/** A worker and its earlier lives for a terminal, a line each. */
export function humanShown({ worker, containers, armed, ports, now, sizes, history }: Shown): string[] {
  const lines: string[] = [];
  if (worker) {
    lines.push(
      `${titleOfWorker(worker)} · ${worker.backend} · ${worker.status} · ${describeEnd(worker.ends, now)}`,
      table(
        containers.map(({ outOfMemory, ...one }) => [`  ${one.container}`, describeState(one) + (outOfMemory ? ', out of memory' : '')]),
      ),
    );
    lines.push(...Object.entries(ports).map(([name, address]) => `  port ${name} is published on ${address}`));
    if (sizes) lines.push('  disk:', table(sizes.map(({ what, usedMB, sizeMB }) => [`    ${what}`, describeUse(usedMB, sizeMB)])));
    if (worker.ends.endsAt <= now) lines.push('  it should be gone soon; if not, run `mayfly gc`');
    else {
      lines.push('  ended by:');
      for (const { layer, detail, endsBy } of armed) lines.push(`    ${layer} (${detail}), by ${moment(endsBy, now)} at the latest`);
      if (armed.length === 0) lines.push('    nothing that is alive here; run `mayfly gc` when its time is up');
    }
  }
  return [...lines, ...history.flatMap((entry) => ending(entry, now))];
}

function describeUse(usedMB: number, sizeMB: number | null): string {
  return sizeMB === null ? `${usedMB} MB, not limited` : `${usedMB} MB of ${sizeMB} MB`;
}

function describeEnd({ endsAt, from }: Deadline, now: number): string {
  if (endsAt <= now) return `its time was up at ${moment(endsAt, now)} (${duration((now - endsAt) / 1000)} ago)`;
  return `ends ${moment(endsAt, now)} (in ${duration((endsAt - now) / 1000)}; by its ${from})`;
}

function ending({ worker, why, endedAt, containers }: Ended, now: number): string[] {
  const lines = [`${worker} ended at ${moment(endedAt, now)}: ${why}`];
  for (const { container, exitCode, outOfMemory, lastLines } of containers) {
    lines.push(`  ${container}: ${exitCode === null ? 'was running' : `exit code ${exitCode}`}${outOfMemory ? ', out of memory' : ''}`);
    lines.push(...lastLines.map((text) => `    | ${text}`));
  }
  return lines;
}

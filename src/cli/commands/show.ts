import { describeState } from '../../backends/ports/container-state.js';
import type { Deadline } from '../../lease/deadline.js';
import type { BackendName } from '../../spec/worker-spec.js';
import type { HistoryEntry } from '../../state/history.js';
import { showWorker } from '../../worker/show.js';
import { type CommonArgs, inSession } from '../session.js';
import { duration, moment, table } from '../../views/format.js';

interface Args extends CommonArgs {
  worker: string;
}

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ house, json, out, line }) => {
    const shown = await showWorker(house, args.worker, args.backend as BackendName | undefined);
    if (json) {
      line(shown);
      return 0;
    }
    const { worker, containers, armed, now, history } = shown;
    if (worker) {
      out(`${worker.name} · ${worker.backend} · ${worker.status} · ${describeEnd(worker.ends, now)}`);
      out(
        table(
          containers.map(({ outOfMemory, ...one }) => [`  ${one.container}`, describeState(one) + (outOfMemory ? ', out of memory' : '')]),
        ),
      );
      if (worker.ends.endsAt <= now) out('  it should be gone soon; if not, run `mayfly gc`');
      else {
        out('  ended by:');
        for (const { layer, detail, endsBy } of armed) out(`    ${layer} (${detail}), by ${moment(endsBy, now)} at the latest`);
        if (armed.length === 0) out('    nothing that is alive here; run `mayfly gc` when its time is up');
      }
    }
    for (const entry of history) out(formatEntry(entry, now));
    return 0;
  });
}

function describeEnd({ endsAt, from }: Deadline, now: number): string {
  if (endsAt <= now) return `its time was up at ${moment(endsAt, now)} (${duration((now - endsAt) / 1000)} ago)`;
  return `ends ${moment(endsAt, now)} (in ${duration((endsAt - now) / 1000)}; by its ${from})`;
}

function formatEntry({ worker, reason, detail, endedAt, containers }: HistoryEntry, now: number): string {
  const lines = [`${worker} ended at ${moment(endedAt, now)}: ${reason.replace('_', ' ')}${detail ? ` (${detail})` : ''}`];
  for (const { container, exitCode, outOfMemory, lastLines } of containers) {
    lines.push(`  ${container}: ${exitCode === null ? 'was running' : `exit code ${exitCode}`}${outOfMemory ? ', out of memory' : ''}`);
    lines.push(...lastLines.map((text) => `    | ${text}`));
  }
  return lines.join('\n');
}

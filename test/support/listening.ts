import { until } from './poll.js';
import type { RunningCli } from './run-cli.js';

/** Waits for the greeting of `mayfly serve`. `token`: the first one; `null`: the service had one before, as `first: false` says. */
export async function listening(service: RunningCli, { first = true } = {}): Promise<{ url: string; token: string | null }> {
  const greeting = first ? /serves on (http:\S+)\n[^]*token[^:]*: (mfy_\S+)\n/ : /serves on (http:\S+)\n/;
  const found = await until('the service listens', () => greeting.exec(service.stdout()) ?? false, { withinMs: 30_000 }).catch(
    (error: unknown) => {
      throw new Error(`${error}: ${service.stderr()}`);
    },
  );
  return { url: found[1]!, token: found[2] ?? null };
}

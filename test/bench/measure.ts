import { spawn } from 'node:child_process';

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - started) / 1e6;
}

/** A whole process, from spawn to exit. @throws what it printed, when it fails. */
export function runProcess(program: string, args: string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      const text = Buffer.concat(output).toString();
      if (code === 0) resolve(text);
      else reject(new Error(`${program} ${args.join(' ')} exited with ${code}: ${text}`));
    });
  });
}

/**
 * Runs every contestant once a round, in every second round in the reverse order: a disturbance, and the work that one leaves to the
 * kernel, then meets all alike. @returns medians in milliseconds
 */
export async function interleaved<Name extends string>(
  rounds: number,
  contestants: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number>> {
  const times = {} as Record<Name, number[]>;
  const names = Object.keys(contestants) as Name[];
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) (times[name] ??= []).push(await contestants[name]());
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** One line of the result: a figure, and its ratio to what it is held against. */
export function report(what: string, ms: number, against?: { name: string; ms: number; aim: string }): void {
  const ratio = against ? `   ${(ms / against.ms).toFixed(2)} × ${against.name} (aim ${against.aim})` : '';
  console.log(`${what.padEnd(44)} ${ms.toFixed(0).padStart(6)} ms${ratio}`);
}

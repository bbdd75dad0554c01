#!/usr/bin/env node
import pkg from '../../package.json' with { type: 'json' };

const args = process.argv.slice(2);
// Answered before anything is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${pkg.version}\n`);
} else if (args.length === 2 && args[0] === 'keeper' && args[1] === 'run') {
  // What apply starts and waits for loads no more than it needs.
  const { run } = await import('./commands/keeper.js');
  await run();
} else {
  const { runProgram } = await import('./program.js');
  await runProgram(args);
}

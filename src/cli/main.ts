#!/usr/bin/env node
import pkg from '../../package.json' with { type: 'json' };

const args = process.argv.slice(2);
// Answered before anything is loaded.
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${pkg.version}\n`);
} else {
  const { runProgram } = await import('./program.js');
  await runProgram(args);
}

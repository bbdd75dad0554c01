/** Runs the command line. Commands handle their errors and exit codes themselves. */
export async function main(args: string[]): Promise<void> {
  if (args.length === 2 && args[0] === 'keeper' && args[1] === 'run') {
    // `apply` starts this and waits for it, so it loads nothing else.
    const { run } = await import('./commands/keeper/daemon.js');
    await run({ docker: false });
  } else {
    const { runProgram } = await import('./program.js');
    await runProgram(args);
  }
}

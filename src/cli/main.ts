/** Runs what the command line says. Errors and exit codes are the commands' own. */
export async function main(args: string[]): Promise<void> {
  if (args.length === 2 && args[0] === 'keeper' && args[1] === 'run') {
    // What apply starts and waits for loads no more than it needs.
    const { run } = await import('./commands/keeper/daemon.js');
    await run({ docker: false });
  } else {
    const { runProgram } = await import('./program.js');
    await runProgram(args);
  }
}

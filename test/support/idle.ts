/** Turns of the event loop with no file operation under way, after which what was resolved has gone on. */
const quietTurns = 4;

/** Resolves when this process waits for nothing but timers, connections and tests: promises are settled, and files are written. */
export async function untilIdle(): Promise<void> {
  for (let quiet = 0; quiet < quietTurns;) {
    await new Promise((resolve) => setImmediate(resolve));
    quiet = usesFiles() ? 0 : quiet + 1;
  }
}

function usesFiles(): boolean {
  return process.getActiveResourcesInfo().some((resource) => /^(FSReq|CloseReq)/.test(resource));
}

import { fileURLToPath } from 'node:url';

/** The command line's own file: beside this one, or above it where this is in a chunk of the bundle. */
export function programPath(): string {
  return fileURLToPath(new URL(import.meta.url.includes('/chunks/') ? '../mayfly.cjs' : './mayfly.cjs', import.meta.url));
}

import { fileURLToPath } from 'node:url';

/** The path of the command line's file: next to this one, or one directory up if this is in a chunk of the bundle. */
export function programPath(): string {
  return fileURLToPath(new URL(import.meta.url.includes('/chunks/') ? '../mayfly.cjs' : './mayfly.cjs', import.meta.url));
}

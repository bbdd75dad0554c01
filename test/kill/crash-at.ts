import type { System } from '../../src/backends/process/system.js';

/** Calls that leave something behind: between two of them a death is the same wherever it falls. */
const acts = [
  'writeNew',
  'makeDirectory',
  'symlink',
  'rename',
  'link',
  'removeFile',
  'removeDirectory',
  'openDirectory',
  'spawnDetached',
  'spawnPiped',
  'kill',
] as const;

/**
 * A system on which the program dies at its `at`-th act, before it or once it is done; `count` returns how many there were.
 * A health command counts once: the number of looks differs from run to run, and each is like the first.
 */
export function crashAt(real: System, at: number, when: string): { system: System; count(): number } {
  let count = 0;
  const looks = new Set<string>();
  const die = () => process.kill(process.pid, 'SIGKILL');
  const system = new Proxy(real, {
    get(target, name, receiver) {
      const call: unknown = Reflect.get(target, name, receiver);
      if (typeof call !== 'function' || !(acts as readonly unknown[]).includes(name)) return call;
      return async (...parameters: unknown[]) => {
        if (name === 'spawnPiped') {
          const look = JSON.stringify(parameters);
          if (looks.has(look)) return Reflect.apply(call, target, parameters) as unknown;
          looks.add(look);
        }
        const mine = ++count === at;
        if (mine && when === 'before') die();
        try {
          return await Reflect.apply(call, target, parameters);
        } finally {
          if (mine && when === 'after') die();
        }
      };
    },
  });
  return { system, count: () => count };
}

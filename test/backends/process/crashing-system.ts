import type { System } from '../../../src/backends/process/system.js';

/** Calls that leave no trace anywhere: looks at `/proc`. */
const harmless = new Set<string | symbol>(['processIds', 'readProc', 'readProcLink', 'listProc', 'realpath']);

/**
 * A system that stops the program, with no chance to clean up, at its `at`-th call: before the call is made, or once it is done
 * and before its caller knows. `count` tells how many there were so far.
 */
export function crashingSystem(real: System, at: number, when: 'before' | 'after'): { system: System; count(): number } {
  let count = 0;
  const die = () => process.kill(process.pid, 'SIGKILL');
  const system = new Proxy(real, {
    get(target, name, receiver) {
      const call: unknown = Reflect.get(target, name, receiver);
      if (typeof call !== 'function' || harmless.has(name)) return call;
      return async (...parameters: unknown[]) => {
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

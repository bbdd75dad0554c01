import type { Draft } from './draft.js';
import { melodiumPort } from './melodium.js';
import type { Path } from './path.js';
import type { Rule, SpecProblem } from './rules.js';

/** `127.0.0.1:5432`, `[::1]:5432`. */
export function hostAndPort(address: string, port: number | string): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Names, ports and host ports are unique, and the engine's own port is published already. */
export const portsApart: Rule = (draft) => [
  ...enginesOwn(draft),
  ...repeated(draft, 'name'),
  ...repeated(draft, 'port'),
  ...repeated(draft, 'host'),
];

function enginesOwn({ engine, ports }: Draft): SpecProblem[] {
  const own = engine === undefined ? melodiumPort : engine === 'idle' ? undefined : engine.port;
  return (ports ?? []).flatMap(({ port }, index) =>
    port === undefined || port !== own
      ? []
      : [
          {
            path: ['ports', index, 'port'],
            cause: "is the engine's own port, which is published already",
            remedy: 'remove it: `mayfly output WORKER access.port` prints where it is published',
          },
        ],
  );
}

const remedies = {
  name: 'give each port a name of its own',
  port: 'publish each port once: all containers of a worker share one network',
  host: 'choose another host port, or leave it out: the daemon then chooses a free one',
};

function repeated({ ports }: Draft, key: 'name' | 'port' | 'host'): SpecProblem[] {
  const values = (ports ?? []).map((one) => one[key]);
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    if (value === undefined || first === index) return [];
    const path = (at: number): Path => ['ports', at, key];
    return [{ path: path(index), cause: 'is used by another port of this spec', remedy: remedies[key], other: path(first) }];
  });
}

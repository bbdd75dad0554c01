/** Keys of a container's inspection that clients may read: no environment, labels, paths of the host or bindings. */
const shown = {
  top: ['Id', 'Created', 'Path', 'Args', 'State', 'Image', 'Name', 'RestartCount', 'Platform'],
  config: ['Hostname', 'User', 'Tty', 'OpenStdin', 'StdinOnce', 'Cmd', 'Entrypoint', 'Image', 'WorkingDir', 'StopSignal'],
  mount: ['Type', 'Name', 'Destination', 'RW'],
} as const;

type Members = Record<string, unknown>;

/** Reduces a container's inspection to these keys, because environments hold secrets and every user in the engine can ask. Pure. */
export function inspectView(inspect: Members): Members {
  const mounts = (inspect['Mounts'] ?? []) as Members[];
  return {
    ...pick(inspect, shown.top),
    Config: pick((inspect['Config'] ?? {}) as Members, shown.config),
    Mounts: mounts.map((mount) => pick(mount, shown.mount)),
    HostConfig: {},
    NetworkSettings: {},
  };
}

function pick(from: Members, keys: readonly string[]): Members {
  return Object.fromEntries(keys.flatMap((key) => (key in from ? [[key, from[key]]] : [])));
}

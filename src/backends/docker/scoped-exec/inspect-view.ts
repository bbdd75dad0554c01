/** What a client that runs commands may want to know of a container: no environment, labels, paths of the host or bindings. */
const shown = {
  top: ['Id', 'Created', 'Path', 'Args', 'State', 'Image', 'Name', 'RestartCount', 'Platform'],
  config: ['Hostname', 'User', 'Tty', 'OpenStdin', 'StdinOnce', 'Cmd', 'Entrypoint', 'Image', 'WorkingDir', 'StopSignal'],
  mount: ['Type', 'Name', 'Destination', 'RW'],
} as const;

type Members = Record<string, unknown>;

/** Leaves of a container's inspection what is listed above: keys are held in environments, and any user of the engine can ask. Pure. */
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

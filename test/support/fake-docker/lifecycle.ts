import { joinedContainer } from './create.js';
import { Refusal } from './http.js';
import type { FakeContainer, FakeState, LogLine } from './state.js';

/** What the daemon tells of a container with each of its events. */
export function attributes({ config, name }: FakeContainer): Record<string, string> {
  return { ...config.Labels, image: config.Image, name };
}

/** @returns false when it runs already */
export function start(state: FakeState, container: FakeContainer): boolean {
  if (container.status === 'running') return false;
  const { hostConfig } = container;
  const joined = joinedContainer(hostConfig);
  const target = joined === null ? null : state.containers.get(joined);
  if (joined !== null && !target) throw new Refusal(404, `No such container: ${joined}`);
  if (target && target.status !== 'running') throw new Refusal(409, `cannot join network of a non running container: ${target.id}`);
  const mode = hostConfig.NetworkMode === 'default' ? 'bridge' : hostConfig.NetworkMode;
  const network = target ? null : state.network(mode);
  if (network === undefined) throw new Refusal(404, `network ${mode} not found`);
  const behaviour = state.options.behave(container);
  if (behaviour.startError) {
    Object.assign(container, { exitCode: 127, error: behaviour.startError.message });
    throw new Refusal(behaviour.startError.status, behaviour.startError.message);
  }
  container.published = target ? {} : publish(state, container);
  const now = state.options.now();
  Object.assign(container, {
    status: 'running',
    pid: state.nextPid(),
    startedAt: now,
    finishedAt: null,
    exitCode: 0,
    error: '',
    oomKilled: false,
  });
  container.network = network?.Id ?? null;
  if (network && network.subnet !== null) container.ip = state.nextIp();
  const check = container.config.Healthcheck?.Test;
  container.health = check && check[0] !== 'NONE' ? 'starting' : null;
  if (network) state.emit('network', 'connect', network.Id, { container: container.id, name: network.Name, type: network.Driver });
  state.emit('container', 'start', container.id, attributes(container));
  for (const text of behaviour.logs ?? []) log(state, container, 'stdout', text);
  if (behaviour.exitCode !== undefined) exit(state, container, behaviour.exitCode);
  else if (container.health) setHealth(state, container, behaviour.health ?? 'healthy');
  return true;
}

function publish(state: FakeState, { config, hostConfig, id, name }: FakeContainer): FakeContainer['published'] {
  const taken = new Set<string>();
  for (const other of state.containers.values()) {
    for (const bindings of Object.values(other.published))
      for (const { HostIp, HostPort } of bindings ?? []) taken.add(`${HostIp}:${HostPort}`);
  }
  const ports: FakeContainer['published'] = {};
  for (const port of Object.keys(config.ExposedPorts ?? {})) ports[port] = null;
  for (const [port, bindings] of Object.entries(hostConfig.PortBindings ?? {})) {
    ports[port] = bindings.map(({ HostIp, HostPort }) => {
      const ip = HostIp || '0.0.0.0';
      const number = HostPort && HostPort !== '0' ? HostPort : state.nextPort();
      if (taken.has(`${ip}:${number}`)) {
        throw new Refusal(
          500,
          `driver failed programming external connectivity on endpoint ${name} (${id}): Bind for ${ip}:${number} failed: port is already allocated`,
        );
      }
      return { HostIp: ip, HostPort: number };
    });
  }
  return ports;
}

/** It has ended, for whatever reason. */
export function exit(state: FakeState, container: FakeContainer, exitCode: number, { oomKilled = false } = {}): void {
  if (container.status !== 'running') return;
  Object.assign(container, { status: 'exited', pid: 0, exitCode, oomKilled, finishedAt: state.options.now(), published: {} });
  if (container.health) container.health = 'unhealthy';
  if (oomKilled) state.emit('container', 'oom', container.id, attributes(container));
  state.emit('container', 'die', container.id, { ...attributes(container), exitCode: String(exitCode) });
  const network = container.network === null ? undefined : state.networks.get(container.network);
  if (network) state.emit('network', 'disconnect', network.Id, { container: container.id, name: network.Name, type: network.Driver });
  state.changes.emit(`exit:${container.id}`);
}

/** TERM, and KILL for those that don't listen, without waiting for the time between. @returns false when it doesn't run */
export function stop(state: FakeState, container: FakeContainer): boolean {
  if (container.status !== 'running') return false;
  const deaf = state.options.behave(container).ignoresTerm === true;
  state.emit('container', 'kill', container.id, { ...attributes(container), signal: '15' });
  if (deaf) state.emit('container', 'kill', container.id, { ...attributes(container), signal: '9' });
  exit(state, container, deaf ? 137 : 143);
  state.emit('container', 'stop', container.id, attributes(container));
  return true;
}

const signals: Record<string, number> = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, USR2: 12, TERM: 15 };

export function kill(state: FakeState, container: FakeContainer, signal: string, reference: string): void {
  if (container.status !== 'running')
    throw new Refusal(409, `Cannot kill container: ${reference}: Container ${container.id} is not running`);
  const number = signals[signal.replace(/^SIG/, '')] ?? Number(signal);
  if (!Number.isInteger(number)) throw new Refusal(400, `Invalid signal: ${signal}`);
  state.emit('container', 'kill', container.id, { ...attributes(container), signal: String(number) });
  const deaf = state.options.behave(container).ignoresTerm === true;
  if (number === 9 || (!deaf && (number === 15 || number === 2))) exit(state, container, 128 + number);
}

export function remove(state: FakeState, container: FakeContainer, { force = false, volumes = false } = {}): void {
  if (container.status === 'running') {
    if (!force)
      throw new Refusal(
        409,
        `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`,
      );
    state.emit('container', 'kill', container.id, { ...attributes(container), signal: '9' });
    exit(state, container, 137);
  }
  state.containers.delete(container.id);
  state.names.delete(container.name);
  for (const name of volumes ? container.anonymous : []) state.volumes.delete(name);
  state.emit('container', 'destroy', container.id, attributes(container));
  state.changes.emit(`removed:${container.id}`);
}

export function setHealth(state: FakeState, container: FakeContainer, health: 'starting' | 'healthy' | 'unhealthy'): void {
  container.health = health;
  if (health !== 'starting') state.emit('container', `health_status: ${health}`, container.id, attributes(container));
}

export function log(state: FakeState, container: FakeContainer, stream: LogLine['stream'], text: string): void {
  const line: LogLine = { stream, text: text.endsWith('\n') ? text : `${text}\n`, at: state.options.now() };
  container.logs.push(line);
  state.changes.emit(`log:${container.id}`, line);
}

import type { Host } from './host.js';
import { type Listener, parseListeners, socketInode } from '../../proc.js';
import type { Found } from './processes.js';

function allListeners(host: Host): Listener[] {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => host.system.readProc(path) ?? '');
  return tables.flatMap(parseListeners);
}

function listeners(host: Host, port: number): Listener[] {
  return allListeners(host).filter((listener) => listener.port === port);
}

/** The ports that these processes listen on, in ascending order. */
export function portsOf(host: Host, processes: readonly Found[]): number[] {
  const held = sockets(host, processes);
  const own = allListeners(host).filter(({ inode }) => held.has(inode));
  return [...new Set(own.map(({ port }) => port))].sort((a, b) => a - b);
}

/** Inodes of the sockets that these processes hold. */
function sockets(host: Host, processes: readonly Found[]): Set<string> {
  const inodes = new Set<string>();
  for (const { stat } of processes) {
    const directory = `/proc/${stat.pid}/fd`;
    for (const fd of host.system.listProc(directory)) {
      const inode = socketInode(host.system.readProcLink(`${directory}/${fd}`) ?? '');
      if (inode !== null) inodes.add(inode);
    }
  }
  return inodes;
}

/** Whether one of these processes listens on the port. */
export function listensOn(host: Host, port: number, processes: readonly Found[]): boolean {
  const found = listeners(host, port);
  if (found.length === 0) return false;
  const held = sockets(host, processes);
  return found.some(({ inode }) => held.has(inode));
}

/** Whether a program that is not among these processes uses the port, on all addresses or a loopback address. */
export function foreignListener(host: Host, port: number, processes: readonly Found[]): boolean {
  const found = listeners(host, port).filter(({ local }) => local);
  if (found.length === 0) return false;
  const held = sockets(host, processes);
  return found.some(({ inode }) => !held.has(inode));
}

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Actions that the permission model must refuse. Each throws where it is refused. */
const actions: Record<string, () => unknown> = {
  'read a file': () => readFileSync('/etc/hostname'),
  'write a file': () => writeFileSync('/dev/null', ''),
  'start a process': () => raise(spawnSync('/bin/true').error),
  'start a worker thread': () => new Worker('', { eval: true }),
  'load an addon': () => process.dlopen({ exports: {} }, '/'),
};
const refusals = ['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED'];

/** Tries each action. @returns those that were not refused */
export function allowedActions(): string[] {
  return Object.keys(actions).filter((name) => {
    try {
      actions[name]!();
      return true;
    } catch (error) {
      return !(error instanceof Error && 'code' in error && refusals.includes(String(error.code)));
    }
  });
}

/** The model's own answer, without trying. */
export function hasNoPermissions(): boolean {
  const { permission } = process;
  return permission !== undefined && !['fs.read', 'fs.write', 'child', 'worker'].some((scope) => permission.has(scope));
}

function raise(error: Error | undefined): void {
  if (error) throw error;
}

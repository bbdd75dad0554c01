import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { enginePort } from '../../spec/melodium.js';
import { engineName, type WorkerSpec } from '../../spec/worker-spec.js';
import type { ContainerReport, OwnedObject, Readiness } from '../backend.js';
import { parseListeners } from '../../proc.js';
import type { ContainerInspect } from './api-types.js';
import type { Endpoint } from './endpoint.js';
import { execIn } from './exec.js';
import { type HttpClient, isStatus } from './http-client.js';
import { lastLines } from './logs.js';
import { statusOf } from './own-objects.js';

const procNet = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Lines of a log kept for a report. */
const reportLines = 20;

/** Ready: all run, the engine's port is listened on in its own network namespace, and every healthcheck passes. */
export async function readiness(
  http: HttpClient,
  endpoint: Endpoint,
  containers: readonly OwnedObject[],
  spec: Pick<WorkerSpec, 'engine'>,
): Promise<Readiness> {
  const states = await inspectAll(http, containers);
  const waiting: string[] = [];
  for (const { name, inspect } of states) {
    const { State: state } = inspect;
    const status = statusOf(state.Status);
    if (status === 'exited') return { ready: false, waiting, failed: { container: name, reason: exitReason(state) } };
    if (status === 'created') waiting.push(`${name}: start`);
    else if (!isHealthy(await healthOf(http, inspect))) waiting.push(`${name}: healthcheck`);
  }
  const port = enginePort(spec);
  const engine = states.find(({ name }) => name === engineName);
  if (!engine) return { ready: false, waiting, failed: { container: engineName, reason: 'is gone: something else removed it' } };
  if (port != null && engine.inspect.State.Running && !(await isListening(http, endpoint, engine.inspect, states, port))) {
    waiting.push(`engine: port ${port}`);
  }
  return { ready: waiting.length === 0, waiting, failed: null };
}

/** Empty or none: it has no healthcheck. */
function isHealthy(status: string | undefined): boolean {
  return status === undefined || status === '' || status === 'none' || status === 'healthy';
}

/** Podman leaves checks to systemd's timers, which need not be there, and does not tell of them: a check is run to ask. */
async function healthOf(http: HttpClient, { Id, State: { Health } }: ContainerInspect): Promise<string | undefined> {
  if (!http.podman || isHealthy(Health?.Status)) return Health?.Status;
  return (await http.json<{ Status: string }>('GET', `/libpod/containers/${Id}/healthcheck`)).Status;
}

function exitReason(state: ContainerInspect['State']): string {
  if (state.OOMKilled) return `was killed for using more memory than it asked for (exit code ${state.ExitCode})`;
  return state.Error ? `did not start: ${state.Error}` : `ended with exit code ${state.ExitCode}`;
}

/**
 * Seen in the kernel's table, since a connect to a published port succeeds with nobody behind it: from the engine's process where
 * the daemon is local, else by an exec in whichever container of the namespace can.
 */
async function isListening(
  http: HttpClient,
  endpoint: Endpoint,
  engine: ContainerInspect,
  states: readonly { inspect: ContainerInspect }[],
  port: number,
): Promise<boolean> {
  const tables = endpoint.local ? await readTables(engine.State.Pid) : null;
  if (tables !== null) return listens(tables, port);
  for (const { inspect } of [{ inspect: engine }, ...states]) {
    const told = await tablesBy(http, inspect.Id);
    // It has ended since it was looked at: the next look says so.
    if (told === 'ended') return false;
    // cat fails when one of the two tables isn't there; the other is still told.
    if (told.tables !== '' || told.code === 0) return listens(told.tables, port);
  }
  return true;
}

async function tablesBy(http: HttpClient, id: string): Promise<{ code: number; tables: string } | 'ended'> {
  const output = new PassThrough();
  const streams = { stdin: null, stdout: output, stderr: new PassThrough().resume() };
  try {
    const [code, tables] = await Promise.all([execIn(http, id, ['cat', ...procNet], streams).finally(() => output.end()), text(output)]);
    return { code, tables };
  } catch (error) {
    if (isStatus(error, 404, 409)) return 'ended';
    throw error;
  }
}

function listens(tables: string, port: number): boolean {
  return parseListeners(tables).some((listener) => listener.port === port);
}

/** `null` when the process cannot be looked at: another user's, or a daemon in a virtual machine. */
async function readTables(pid: number): Promise<string | null> {
  const tables = await Promise.all(procNet.map((path) => readFile(`/proc/${pid}${path.slice('/proc'.length)}`, 'utf8').catch(() => null)));
  return tables.every((table) => table === null) ? null : tables.join('\n');
}

/** Of a container that ran there is nothing to ask but its last lines. */
export async function reportKnown(http: HttpClient, objects: readonly OwnedObject[]): Promise<ContainerReport[]> {
  const containers = objects.filter(({ type }) => type === 'docker_container');
  const ran = containers.filter(({ status }) => status === 'running');
  const others = containers.filter(({ status }) => status !== 'running');
  const reports = ran.map(async ({ id, address }): Promise<ContainerReport> => {
    const lines = await lastLines(http, id, reportLines);
    return { container: containerOf(address), status: 'running', exitCode: null, outOfMemory: false, lastLines: lines };
  });
  return [...(await Promise.all(reports)), ...(await reportAll(http, others))];
}

export async function reportAll(http: HttpClient, containers: readonly OwnedObject[]): Promise<ContainerReport[]> {
  const states = await inspectAll(http, containers);
  return Promise.all(
    states.map(async ({ name, inspect }) => ({
      container: name,
      status: statusOf(inspect.State.Status),
      exitCode: statusOf(inspect.State.Status) === 'exited' ? inspect.State.ExitCode : null,
      outOfMemory: inspect.State.OOMKilled,
      lastLines: await lastLines(http, inspect.Id, reportLines),
    })),
  );
}

/** Those that went meanwhile are left out. */
async function inspectAll(http: HttpClient, containers: readonly OwnedObject[]): Promise<{ name: string; inspect: ContainerInspect }[]> {
  const inspected = await Promise.all(
    containers.map(async ({ id, address }) => {
      try {
        return [{ name: containerOf(address), inspect: await http.json<ContainerInspect>('GET', `/containers/${id}/json`) }];
      } catch (error) {
        if (isStatus(error, 404)) return [];
        throw error;
      }
    }),
  );
  return inspected.flat();
}

function containerOf(address: string): string {
  return address.split('.')[1] ?? address;
}

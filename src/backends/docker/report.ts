import type { ContainerReport } from '../ports/ending.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { containerNameOf } from '../ports/containers.js';
import type { ContainerInspect } from './api-types.js';
import { type HttpClient, isStatus } from './http-client.js';
import { lastLines } from './logs.js';
import { isOfSpec } from './names.js';
import { exitCodeOf, objectStatusOf } from './own-objects.js';

/** The number of log lines in a report. */
const reportLines = 20;

/** Reports containers with known states. For those that ran, only the last lines are read. */
export async function reportKnown(http: HttpClient, objects: readonly OwnedObject[]): Promise<ContainerReport[]> {
  const containers = objects.filter(({ type, address }) => type === 'docker_container' && isOfSpec(containerNameOf(address)));
  const ran = containers.filter(({ status }) => status === 'running');
  const others = containers.filter(({ status }) => status !== 'running');
  const reports = ran.map(async ({ id, address }): Promise<ContainerReport> => {
    const lines = await lastLines(http, id, reportLines);
    return { container: containerNameOf(address), status: 'running', exitCode: null, outOfMemory: false, lastLines: lines };
  });
  return [...(await Promise.all(reports)), ...(await reportAll(http, others))];
}

export async function reportAll(http: HttpClient, containers: readonly OwnedObject[]): Promise<ContainerReport[]> {
  const states = await inspectAll(http, containers);
  return Promise.all(
    states.map(async ({ name, inspect }) => ({
      container: name,
      status: objectStatusOf(inspect.State.Status),
      exitCode: exitCodeOf(inspect.State),
      outOfMemory: inspect.State.OOMKilled,
      ...(inspect.HostConfig.Memory > 0 && { memoryLimit: Math.round(inspect.HostConfig.Memory / 2 ** 20) }),
      lastLines: await lastLines(http, inspect.Id, reportLines),
    })),
  );
}

/** Inspects containers. Those removed meanwhile are left out. */
export async function inspectAll(
  http: HttpClient,
  containers: readonly OwnedObject[],
): Promise<{ name: string; inspect: ContainerInspect }[]> {
  const inspected = await Promise.all(
    containers.map(async ({ id, address }) => {
      try {
        return [{ name: containerNameOf(address), inspect: await http.json<ContainerInspect>('GET', `/containers/${id}/json`) }];
      } catch (error) {
        if (isStatus(error, 404)) return [];
        throw error;
      }
    }),
  );
  return inspected.flat();
}

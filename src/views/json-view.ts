import type { Describe } from '../backends/ports/describe.js';
import { formatPlace, type MayflyError } from '../errors.js';
import type { MayflyEvent } from '../events.js';
import { type Output, publishedPorts } from '../plan/outputs.js';
import { type Change, countChanges, type Plan } from '../plan/plan.js';
import { unknown } from '../plan/values.js';
import { openAccess } from './access-view.js';
import { describeResource } from './describe.js';
import { partsOf } from '../spec/address.js';

/** Terraform's machine-readable UI, by its version of that format: one JSON object a line. */
const uiVersion = '1.2';

export type Line = { '@level': 'info' | 'warn' | 'error'; '@message': string; type: string } & Record<string, unknown>;

export function versionLine(version: string): Line {
  return { '@level': 'info', '@message': `mayfly ${version}`, type: 'version', mayfly: version, ui: uiVersion };
}

export function planLines(plan: Plan, describe: Describe): Line[] {
  const drift = plan.drift.map(({ address, kind }) =>
    info('resource_drift', `${address}: ${kind}`, {
      change: { resource: resource(address), action: kind === 'gone' ? 'delete' : 'update', reason: kind },
    }),
  );
  const changes = plan.changes
    .filter(({ action }) => action !== 'none')
    .map((change) =>
      info('planned_change', `${change.address}: plan to ${change.action}`, { change: plannedChange(change, plan, describe) }),
    );
  const { add, change, destroy } = countChanges(plan.changes);
  const message = `Plan: ${add} to add, ${change} to change, ${destroy} to destroy.`;
  const offer = info('offer', `${plan.worker} on ${plan.offer.title}`, {
    offer: plan.offer,
    refused: plan.refused,
    lease_move: plan.leaseMove && { from: isoTime(plan.leaseMove.from), to: isoTime(plan.leaseMove.to) },
    origin: plan.origin,
    copies: plan.copies.map(({ copy: { written, in: container, to }, files, bytes, warnings }) => ({
      ...{ from: written, container, to, files, bytes, warnings },
    })),
  });
  return [offer, ...drift, ...changes, info('change_summary', message, { changes: { add, change, remove: destroy, operation: 'plan' } })];
}

/** Paths of attributes, and whether they force a replacement; values only where they can't be secret. */
function plannedChange(change: Change, plan: Plan, describe: Describe): Record<string, unknown> {
  return {
    resource: resource(change.address),
    action: change.action,
    detail: change.action === 'create' ? describeResource(change, plan, describe) : undefined,
    attributes: change.attributes.map(({ path, before, after, replaces, secret }) => ({
      path,
      replaces,
      ...(secret ? { sensitive: true } : { before, ...(after === unknown ? { after_unknown: true } : { after }) }),
    })),
  };
}

const applyTypes = { resource_started: 'apply_start', resource_done: 'apply_complete', resource_failed: 'apply_errored' } as const;

export function eventLineJson(event: MayflyEvent): Line {
  switch (event.type) {
    case 'resource_started':
    case 'resource_done':
    case 'resource_failed': {
      const hook = {
        resource: resource(event.address),
        action: event.operation,
        ...('elapsedMs' in event && { id: event.id, elapsed_seconds: event.elapsedMs / 1000 }),
        ...('problem' in event && { error: event.problem.cause }),
      };
      return {
        ...info(applyTypes[event.type], `${event.address}: ${event.operation} ${event.type.split('_')[1]}`, {
          hook,
          ...(event.worker !== undefined && { worker: event.worker }),
        }),
        '@level': event.type === 'resource_failed' ? 'error' : 'info',
      };
    }
    case 'warning':
      return {
        '@level': 'warn',
        '@message': event.message,
        type: 'diagnostic',
        diagnostic: { severity: 'warning', summary: event.message },
        ...(event.worker !== undefined && { worker: event.worker }),
      };
    default: {
      const { type, ...rest } = event;
      return info(type, 'message' in event ? event.message : type, rest);
    }
  }
}

export function outputsLine(outputs: Record<string, Output>): Line {
  const shown = Object.entries(outputs).map(([name, { type, sensitive, value }]) => [
    name,
    { sensitive, type, ...(!sensitive && { value }) },
  ]);
  return info('outputs', `Outputs: ${shown.length}`, { outputs: Object.fromEntries(shown) });
}

/** Where the worker is reached; its keys are with `mayfly output WORKER --json`, since this line ends up in logs. */
export function accessLine(worker: string, outputs: Record<string, Output>): Line {
  return info('access', `${worker} is ready`, { worker, access: openAccess(outputs), ports: publishedPorts(outputs) });
}

/** Terraform's shape of `output -json`: values too, since they are asked for. */
export function outputDocument(outputs: Record<string, Output>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { type, sensitive, value }]) => [name, { sensitive, type, value }]));
}

export function errorLines(error: MayflyError): Line[] {
  return error.problems.map(({ place, cause, remedy }) => ({
    '@level': 'error',
    '@message': `Error: ${[formatPlace(place), cause].filter(Boolean).join(': ')}`,
    type: 'diagnostic',
    diagnostic: {
      severity: 'error',
      code: error.code,
      summary: cause,
      detail: remedy ?? error.remedy ?? '',
      address: place?.path,
      range: place,
      log: error.log,
    },
  }));
}

function resource(address: string): Record<string, string> {
  const { type, name } = partsOf(address);
  return { addr: address, resource_type: type, resource_name: name };
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function info(type: string, message: string, rest: Record<string, unknown>): Line {
  return { '@level': 'info', '@message': message, type, ...rest };
}

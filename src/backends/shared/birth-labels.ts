import { type Labels, labelKeys } from '../../labels.js';
import { parseAsks } from '../../spec/asks.js';
import { isName } from '../../spec/names.js';
import type { Resources } from '../../spec/worker-spec.js';

/** Labels that all objects of a worker get at their creation. No apply changes them. Absent on objects of older versions. */
export interface BirthLabels {
  /** Seconds since the epoch, by the node's clock: the latest end without a lease. */
  until?: number;
  /** The sum over the engine and all containers. */
  asks?: Resources;
  /** The installation of the dispatcher that made the worker. Absent for workers of the command line. */
  dispatcher?: string;
  /** The name in the spec. */
  name?: string;
  /** The `organization_id` of the spec. */
  organization?: string;
}

/** The last second of the year 9999. */
const lastSecond = 253_402_300_799;

/** Whether a text can be an installation's id: 8 to 64 lower-case letters, digits and hyphens. */
export function isDispatcher(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{7,63}$/.test(text);
}

/** Parses the labels that have to do with a worker's birth. A malformed label counts as absent. */
export function parseBirth(labels: Labels | null | undefined): BirthLabels {
  const [until = '', dispatcher = '', name = ''] = [labelKeys.until, labelKeys.dispatcher, labelKeys.name].map((key) => labels?.[key]);
  const asks = parseAsks(labels?.[labelKeys.asks] ?? '');
  const organization = labels?.[labelKeys.organization] ?? '';
  return {
    ...(/^[1-9]\d{0,14}$/.test(until) && Number(until) <= lastSecond && { until: Number(until) }),
    ...(asks && { asks }),
    ...(isDispatcher(dispatcher) && { dispatcher }),
    ...(isName(name) && { name }),
    ...(/^\P{Cc}{1,256}$/u.test(organization) && { organization }),
  };
}

/** Writes the labels that an object without a stack gets: a lease, the use of a cache. */
export function birthLabels({ until, dispatcher, name }: BirthLabels): Labels {
  return {
    ...(until !== undefined && { [labelKeys.until]: String(until) }),
    ...(dispatcher !== undefined && { [labelKeys.dispatcher]: dispatcher }),
    ...(name !== undefined && { [labelKeys.name]: name }),
  };
}

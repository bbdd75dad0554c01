import * as z from 'zod';
import { formatPlace, type MayflyError, type Problem } from '../../../errors.js';
import type { Reply } from '../route.js';

// The JSON of Mélodium's Services API, as its client 0.11.0 writes and reads it.

export const errorsReply = z.object({ error: z.array(z.string()) }).meta({ id: 'MelodiumErrors' });

export const startReply = z.union([z.object({ ok: z.uuid() }), errorsReply]).meta({ id: 'MelodiumStart' });

export const accessReply = z
  .union([
    z.object({
      started: z.object({
        id: z.uuid(),
        addresses: z.array(z.string()).meta({ description: 'IP literals' }),
        port: z.int(),
        key: z.string().meta({ description: "The engine's receive key" }),
      }),
    }),
    errorsReply,
  ])
  .meta({ id: 'MelodiumAccess' });

const id = z.uuid();
const texts = z.array(z.string().max(4096)).max(100);

/** The parts that are read of a request whose run the client executes by itself. */
export const declaration = z.object({ id: id.nullish(), group_id: id.nullish(), parent_id: id.nullish() });

export const reportingRequest = z.object({ run_id: id, group_id: id }).meta({ id: 'MelodiumReporting' });

/** Nothing is to be uploaded: `null` for each place. */
export const reportingReply = reportingRequest
  .extend({ dashboard: z.null(), logs: z.null(), debug: z.null(), program: z.null() })
  .meta({ id: 'MelodiumReportingPlaces' });

export const launchedRequest = z
  .object({ run_id: id, response: z.union([z.object({ error: texts }), z.object({ started: z.looseObject({}).nullable() })]) })
  .meta({ id: 'MelodiumLaunched' });

export const endedRequest = z
  .object({ run_id: id, result: z.union([z.object({ success: texts.nullable() }), z.object({ failure: texts.nullable() })]) })
  .meta({ id: 'MelodiumEnded' });

/** The client prints these texts, one a line. */
export function textsOf(problems: readonly Problem[]): string[] {
  return problems.map(({ place, cause, remedy }) => {
    const at = formatPlace(place);
    return `${at && `${at}: `}${cause}${remedy === undefined ? '' : ` → ${remedy}`}`;
  });
}

/** The client reads errors from an answer with status 200 only. */
export function refusal({ problems }: MayflyError): Reply {
  return { status: 200, body: { error: textsOf(problems) } };
}

/** For routes where another status than 200 and 202 is final: the client prints the body. */
export function refusalWithStatus({ httpStatus, problems }: MayflyError): Reply {
  return { status: httpStatus, body: { error: textsOf(problems) } };
}

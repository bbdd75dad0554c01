import * as z from 'zod';
import { amountOf, spellings, toSeconds, type Unit } from '../../spec/units.js';

const examples: Record<Unit, string> = {
  MB: 'a whole number of MB from 1, or a text such as 8GB',
  millicores: 'a whole number of millicores from 1, or a text such as 500m',
  seconds: 'a duration such as 15m, or a whole number of seconds from 1',
};

/** A whole number of the unit from 1, also as a text such as `8GB`, as in a spec. */
export function amount(unit: Unit) {
  return z.unknown().transform((given, context): number => {
    const value = typeof given === 'string' && spellings[unit].test(given) ? amountOf(given, unit) : given;
    if (Number.isInteger(value) && Number(value) >= 1) return Number(value);
    return wrong(context, examples[unit]);
  });
}

/** A duration, in milliseconds. */
export function duration({ least }: { least: '1s' | '100ms' }) {
  return z.unknown().transform((given, context): number => {
    const isText = typeof given === 'string' && spellings.seconds.test(given);
    const ms = isText || typeof given === 'number' ? toSeconds(given) * 1000 : Number.NaN;
    if (ms >= toSeconds(least) * 1000) return ms;
    return wrong(context, `a duration of at least ${least}, such as 15m`);
  });
}

export function count(least: number, most: number) {
  const expects = `a whole number from ${least} to ${most}`;
  return z.number({ error: `must be ${expects}` }).refine((value) => Number.isInteger(value) && value >= least && value <= most, {
    error: `must be ${expects}`,
  });
}

export function flag() {
  return z.boolean({ error: 'must be true or false' });
}

export function text(expects: string, valid: (text: string) => boolean) {
  return z.string({ error: `must be ${expects}` }).refine(valid, { error: `must be ${expects}` });
}

function wrong(context: z.core.$RefinementCtx, expects: string): never {
  context.addIssue({ code: 'custom', message: `must be ${expects}`, input: context.value });
  return z.NEVER;
}

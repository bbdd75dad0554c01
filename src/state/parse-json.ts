import * as z from 'zod/mini';

/** The value in a JSON text; `null` if the text is cut short, is no JSON, or has another shape. */
export function parseJson<T extends z.ZodMiniType>(shape: T, text: string): z.output<T> | null {
  const result = z.safeParse(shape, jsonIn(text));
  return result.success ? result.data : null;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { MayflyError } from '../../../errors.js';

/** The labels of an option that is given as KEY=VALUE, any number of times. @throws MayflyError `usage` */
export function labelsOf(option: string, texts: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      const [cause, remedy] = [`must be KEY=VALUE, got ${text}`, `name a label: ${option} zone=a`];
      throw new MayflyError('usage', { place: { path: option }, cause, remedy });
    }),
  );
}

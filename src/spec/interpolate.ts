/** Variables by name, as `process.env` is. */
export type Env = Readonly<Record<string, string | undefined>>;

export interface ReferenceProblem {
  /** 0-based position of the reference in the text. */
  index: number;
  cause: string;
  remedy: string;
}

export interface Interpolated {
  text: string;
  /** Names of the variables whose values are in `text`: such a text may be a secret and is never shown. */
  from: string[];
  /** The text was one reference and nothing else, so it may stand for a number or a boolean. */
  whole: boolean;
  problems: ReferenceProblem[];
}

const reference = /\$?\$\{env:([^}]*)(\}?)/g;
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${env:NAME}` and `${env:NAME:-default}` (used when NAME is unset or empty, as in a shell). `$${env:…}` stands for
 * itself less one `$`; any other `${…}` stays as it is. `null`: the text holds no reference.
 */
export function interpolate(text: string, env: Env): Interpolated | null {
  if (!text.includes('${env:')) return null;
  const from: string[] = [];
  const problems: ReferenceProblem[] = [];
  let whole = false;
  const replaced = text.replace(reference, (match: string, body: string, close: string, index: number) => {
    if (match.startsWith('$$')) return match.slice(1);
    const fail = (cause: string, remedy: string) => {
      problems.push({ index, cause, remedy });
      return match;
    };
    if (close === '') return fail('${env: is not closed', 'close it: ${env:NAME}; for the characters themselves write $${env:');
    const [, name, fallback] = inside.exec(body) ?? [];
    if (name === undefined) {
      return fail(
        '${env:…} holds no variable name',
        'write ${env:NAME} or ${env:NAME:-default}; for the characters themselves write $${env:…}',
      );
    }
    whole = match === text;
    const value = env[name];
    if (value !== undefined && (value !== '' || fallback === undefined)) {
      from.push(name);
      return value;
    }
    return fallback ?? fail(`the variable ${name} is not set`, `set ${name}, or give it a default: \${env:${name}:-default}`);
  });
  return { text: replaced, from, whole, problems };
}

/** What YAML would read the text as, were it written plain: a number, a boolean, null, or the text itself. */
export function retyped(text: string): string | number | boolean | null {
  const plain = text.trim();
  if (plain === '' || plain === 'null' || plain === '~') return null;
  if (plain === 'true' || plain === 'false') return plain === 'true';
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(plain) ? Number(plain) : text;
}

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
  /** Variables whose values are part of `text`. If there are any, `text` may be a secret and is never shown. */
  from: string[];
  /** The text was exactly one reference, so its value may become a number or a boolean. */
  whole: boolean;
  problems: ReferenceProblem[];
}

const reference = /\$?\$\{env:/g;
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Replaces `${env:NAME}` and `${env:NAME:-default}`. As in a shell, the default is used when NAME is unset or empty; it may hold
 * references itself. `$${env:…}` becomes `${env:…}`; any other `${…}` stays. Returns `null` if the text holds no reference.
 */
export function interpolate(text: string, env: Env): Interpolated | null {
  if (!text.includes('${env:')) return null;
  const from: string[] = [];
  const problems: ReferenceProblem[] = [];
  let whole = false;
  let replaced = '';
  let done = 0;
  for (const { 0: opening, index } of text.matchAll(reference)) {
    // This reference is part of the previous one's default.
    if (index < done) continue;
    replaced += text.slice(done, index);
    const end = closingBrace(text, index + opening.length);
    done = end === null ? text.length : end + 1;
    const match = text.slice(index, done);
    if (opening.startsWith('$$')) replaced += match.slice(1);
    else if (end === null) {
      const remedy = 'close it with }, as in ${env:NAME}; for the literal characters write $${env:';
      problems.push({ index, cause: '${env: is not closed', remedy });
      replaced += match;
    } else {
      const value = resolve(text.slice(index + opening.length, end), env);
      from.push(...value.from);
      problems.push(...value.problems.map((problem) => ({ ...problem, index })));
      whole = match === text && value.problems.length === 0;
      replaced += value.problems.length > 0 ? match : value.text;
    }
  }
  return { text: replaced + text.slice(done), from, whole, problems };
}

/** The index of the `}` that closes a reference; `start` is the index after its `${env:`. `null` if it is not closed. */
function closingBrace(text: string, start: number): number | null {
  let open = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text.startsWith('${', at)) open += 1;
    else if (text[at] === '}' && (open -= 1) === 0) return at;
  }
  return null;
}

/** The value of a reference; `body` is the text between `${env:` and `}`. */
function resolve(body: string, env: Env): Pick<Interpolated, 'text' | 'from'> & { problems: Omit<ReferenceProblem, 'index'>[] } {
  const [, name, fallback] = inside.exec(body) ?? [];
  if (name === undefined) {
    const remedy = 'write ${env:NAME} or ${env:NAME:-default}; for the literal characters write $${env:…}';
    return { text: '', from: [], problems: [{ cause: '${env:…} holds no variable name', remedy }] };
  }
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && (value !== '' || fallback === undefined)) return { text: value, from: [name], problems: [] };
  if (fallback !== undefined) return interpolate(fallback, env) ?? { text: fallback, from: [], problems: [] };
  const remedy = `set ${name}, or give it a default: \${env:${name}:-default}`;
  return { text: '', from: [], problems: [{ cause: `the variable ${name} is not set`, remedy }] };
}

/** The value that YAML reads from this text without quotes: a number, a boolean, null, or the text itself. */
export function retyped(text: string): string | number | boolean | null {
  const plain = text.trim();
  if (plain === '' || plain === 'null' || plain === '~') return null;
  if (plain === 'true' || plain === 'false') return plain === 'true';
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(plain) ? Number(plain) : text;
}

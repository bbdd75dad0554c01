import type { CommandSettings } from '../../../backends/ports/sessions.js';
import { MayflyError } from '../../../errors.js';
import { parseEnvFile, parseVariable, type VariableProblem } from '../../../spec/env-file.js';
import { readSmall } from '../../../spec/read-small.js';

interface Given {
  env?: string[] | undefined;
  envFile?: string[] | undefined;
  workdir?: string | undefined;
  user?: string | undefined;
}

const maxBytes = 2 ** 20;

/** The settings of a command from its options. Files come first, so `--env` wins. @throws MayflyError `usage` */
export function settingsOf({ env = [], envFile = [], workdir, user }: Given, own: NodeJS.ProcessEnv): CommandSettings {
  if (workdir !== undefined && !workdir.startsWith('/')) {
    const cause = `must be an absolute path in the container, got ${JSON.stringify(workdir)}`;
    throw new MayflyError('usage', { place: { path: '--workdir' }, cause, remedy: 'for example: --workdir /src' });
  }
  const variables = env.map((text) => {
    const variable = parseVariable(text, own);
    if (!Array.isArray(variable)) throw new MayflyError('usage', { place: { path: '--env' }, ...variable });
    return variable;
  });
  return {
    env: { ...Object.assign({}, ...envFile.map((path) => readEnvFile(path, own))), ...Object.fromEntries(variables) },
    workingDir: workdir,
    user,
  };
}

function readEnvFile(file: string, own: NodeJS.ProcessEnv): Record<string, string> {
  const refuse = ({ line, cause, remedy }: VariableProblem & { line?: number }) => ({
    place: { file, ...(line !== undefined && { line }), ...(line === undefined && { path: '--env-file' }) },
    cause,
    remedy,
  });
  const bytes = readSmall(file, maxBytes);
  if (!(bytes instanceof Uint8Array)) throw new MayflyError('usage', refuse(bytes));
  const { values, problems } = parseEnvFile(new TextDecoder().decode(bytes), own);
  const [first] = problems;
  if (first) throw new MayflyError('usage', { ...refuse(first), problems: problems.map(refuse) });
  return values;
}

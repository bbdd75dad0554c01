import type { ServiceClient } from '../../../client/client.js';
import { findRun } from '../../../client/find-run.js';
import type { NewTask } from '../../../client/tasks.js';
import type { RunPath } from '../../../client/transfers.js';
import { MayflyError } from '../../../errors.js';
import { parsePlace } from '../cp/places.js';
import type { Args } from './options.js';

/** The files of a new task. @throws MayflyError `usage`, and those of `findRun` */
export async function filesOf(
  client: ServiceClient,
  { fileIn, fileOut }: Pick<Args, 'fileIn' | 'fileOut'>,
): Promise<Pick<NewTask, 'files_in' | 'files_out'>> {
  const runPath = async (text: string, wrong: MayflyError): Promise<RunPath> => {
    const place = parsePlace(text);
    if (!place) throw wrong;
    return { run: (await findRun(client, place.worker)).id, container: place.container, path: place.path };
  };
  const filesIn = fileIn?.map(async (text) => {
    const wrong = wrongFile('--file-in', text, 'RUN:CONTAINER:PATH=PATH');
    const [from, to] = halves(text, wrong);
    return { from: await runPath(from, wrong), to };
  });
  const filesOut = fileOut?.map(async (text) => {
    const wrong = wrongFile('--file-out', text, 'PATH=RUN:CONTAINER:PATH');
    const [from, to] = halves(text, wrong);
    return { from, to: await runPath(to, wrong) };
  });
  return {
    ...(filesIn && { files_in: await Promise.all(filesIn) }),
    ...(filesOut && { files_out: await Promise.all(filesOut) }),
  };
}

/** The texts before and after the first `=`. */
function halves(text: string, wrong: MayflyError): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0 || at === text.length - 1) throw wrong;
  return [text.slice(0, at), text.slice(at + 1)];
}

function wrongFile(option: string, text: string, form: string): MayflyError {
  const cause = `must be ${form}, got ${JSON.stringify(text)}`;
  return new MayflyError('usage', { place: { path: option }, cause, remedy: 'see mayfly task --help' });
}

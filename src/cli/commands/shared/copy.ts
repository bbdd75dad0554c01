import { MayflyError } from '../../../errors.js';
import { readCopy } from '../../../spec/copy.js';
import { assertContainer } from './assert-container.js';
import type { WorkerSpec } from '../../../spec/worker-spec.js';

/** A spec with the copies of the command line. They come after its own. @throws MayflyError for another form or an unknown container */
export function withCopies(spec: WorkerSpec, given: readonly string[] = []): WorkerSpec {
  const copies = given.map((text) => {
    const copy = readCopy(text, process.cwd());
    if (!copy) throw wrongForm(text);
    assertContainer(spec, copy.in);
    return copy;
  });
  return { ...spec, copy: [...spec.copy, ...copies] };
}

function wrongForm(text: string): MayflyError {
  return new MayflyError('usage', {
    cause: `--copy ${text} is not FROM:CONTAINER:TO with an absolute TO`,
    remedy: 'write for example: --copy .:test:/src',
  });
}

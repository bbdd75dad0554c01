import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that wait for a daemon or for whole commands, the longest first. A long file that begins last would be waited for alone. */
const long = [
  'test/docker/refusals',
  'test/examples/',
  'test/cli/docker-worker',
  'test/backends/docker/contract',
  'test/attacks/',
  'test/bad-input/',
  'test/docker/',
  'test/cli/',
  'test/backends/docker/',
];

/** A clean checkout has no record of how long each file took, so their order stands here. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = long.findIndex((part) => moduleId.includes(`/${part}`));
      return found < 0 ? long.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

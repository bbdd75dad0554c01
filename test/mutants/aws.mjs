const shape = ['test/backends/aws/shape.test.ts'];
const offer = ['test/backends/aws/offer.test.ts'];

/** @type {import('../../scripts/mutants.mjs').Mutant[]} */
export default [
  {
    what: 'a task has 100 GB of disk at most',
    file: 'src/backends/aws/shape.ts',
    from: 'const mostStorage = 200;',
    to: 'const mostStorage = 100;',
    tests: shape,
  },
  {
    what: 'the free 20 GB are paid for',
    file: 'src/backends/aws/shape.ts',
    from: 'needed <= freeStorage ? null',
    to: 'needed < freeStorage ? null',
    tests: shape,
  },
  {
    what: 'images take no disk',
    file: 'src/backends/aws/shape.ts',
    from: 'export const imageAllowance = 2 * GiB;',
    to: 'export const imageAllowance = 0 * GiB;',
    tests: shape,
  },
  {
    what: 'one size less of memory is given',
    file: 'src/backends/aws/shape.ts',
    from: 'memory.at(-1)! >= needs.memory',
    to: 'memory.at(-1)! > needs.memory',
    tests: shape,
  },
  {
    what: 'a public address costs nothing',
    file: 'src/backends/aws/offer.ts',
    from: 'public: hasAddress, lifetime',
    to: 'public: spec.access.public, lifetime',
    tests: [...offer, 'test/backends/aws/prices.test.ts'],
  },
  {
    what: 'a price is for the time after it is ready',
    file: 'src/backends/aws/offer.ts',
    from: 'lifetime: lifetime(spec) });',
    to: 'lifetime: spec.max_duration });',
    tests: offer,
  },
  {
    what: 'a healthcheck is tried 20 times',
    file: 'src/backends/aws/names.ts',
    from: 'retries: [1, 10]',
    to: 'retries: [1, 20]',
    tests: [...offer, 'test/views/aws-plan.test.ts'],
  },
  {
    what: 'the second schedule follows after a minute',
    file: 'src/backends/aws/names.ts',
    from: 'export const secondTry = 600;',
    to: 'export const secondTry = 60;',
    tests: ['test/worker/variables.test.ts'],
  },
];

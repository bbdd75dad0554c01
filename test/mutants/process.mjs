const offer = ['test/backends/process/offer.test.ts'];
const ending = ['test/backends/process/ending.test.ts'];

/** @type {import('../../scripts/mutants.mjs').Mutant[]} */
export default [
  {
    what: 'what forks while it is asked to end is asked again and again',
    file: 'src/backends/process/ending.ts',
    from: '  const fresh = found.filter((one) => !asked.has(name(one)));\n',
    to: '  const fresh = found;\n',
    tests: ending,
  },
  {
    what: 'processes are killed at once',
    file: 'src/backends/process/ending.ts',
    from: "if (left <= 0) await send(host, found, 'SIGKILL');",
    to: "if (elapsed >= 0) await send(host, found, 'SIGKILL');",
    tests: ending,
  },
  {
    what: 'a group is signalled though its leader is not ours',
    file: 'src/backends/process/ending.ts',
    from: 'filter(({ stat }) => stat.pid === stat.group)',
    to: 'filter(({ stat }) => stat.pid > 0)',
    tests: ending,
  },
  {
    what: 'files in the first directory alone are measured',
    file: 'src/backends/process/sizes.ts',
    from: "kind === 'directory' ? await bytesIn(system, below, signal) :",
    to: "kind === 'directory' ? 0 :",
    tests: ['test/backends/process/sizes.test.ts'],
  },
  {
    what: 'older leases stay',
    file: 'src/backends/process/leases.ts',
    from: 'older.filter((one) => one.number < number)',
    to: 'older.filter((one) => one.number > number)',
    tests: ['test/backends/process/contract.test.ts'],
  },
  {
    what: 'an engine that listens everywhere is reached at no address',
    file: 'src/backends/process/offer.ts',
    from: 'reachedAt(spec.access.bind)',
    to: 'spec.access.bind',
    tests: offer,
  },
];

/** The service: `src/dispatch/`.
 *
 * @type {import("../../scripts/mutants.mjs").Mutant[]}
 */
export default [
  {
    what: 'a run whose worker may exist is queued again without its end',
    file: 'src/dispatch/run.ts',
    from: "provisioning: ['running', 'ending'],",
    to: "provisioning: ['running', 'ending', 'queued'],",
    tests: ['test/dispatch/run.test.ts'],
  },
  {
    what: 'an attempt that got as far as the one before counts as progress',
    file: 'src/dispatch/retry.ts',
    from: 'made > reached ? 1',
    to: 'made >= reached ? 1',
    tests: ['test/dispatch/retry.test.ts'],
  },
  {
    what: 'small runs pass a large one that waits',
    file: 'src/dispatch/schedule/first-come.ts',
    from: 'for (const { node } of possible) open.delete(node);',
    to: '',
    tests: ['test/dispatch/first-come.test.ts'],
  },
  {
    what: 'two runs of one pass get the same resources',
    file: 'src/dispatch/schedule/first-come.ts',
    from: 'free: freeOf(best.room.free, asks)',
    to: 'free: best.room.free',
    tests: ['test/dispatch/first-come.test.ts'],
  },
  {
    what: 'a repeated request after a lost database is refused',
    file: 'src/dispatch/intake.ts',
    from: ' && inserted.bodyHash !== lostBody',
    to: '',
    tests: ['test/dispatch/recover.test.ts'],
  },
  {
    what: "another installation's workers become runs",
    file: 'src/dispatch/recover.ts',
    from: ' || !objects.some(({ labels }) => labels.dispatcher === installation)',
    to: '',
    tests: ['test/dispatch/recover.test.ts'],
  },
  {
    what: 'runs are placed before a lost database is recovered',
    file: 'src/dispatch/dispatcher.ts',
    from: 'if (installation.recovering && (await this.recovery.all(signal))) await installation.recovered();',
    to: '',
    tests: ['test/dispatch/recover.test.ts'],
  },
  {
    what: 'a retained worker is ended at once',
    file: 'src/dispatch/steps/end.ts',
    from: "next.reason === 'engine_exited' && isRetained(objects)",
    to: "next.reason === 'engine_exited' && false",
    tests: ['test/dispatch/retain.test.ts'],
  },
  {
    what: 'a cancel does not reach the step under way',
    file: 'src/dispatch/commands.ts',
    from: 'driver.outdate(id);',
    to: '',
    tests: ['test/dispatch/commands.test.ts'],
  },
  {
    what: 'a node where looks are expensive is looked at all the time',
    file: 'src/dispatch/nodes/node-watch.ts',
    from: 'Math.max(pauseNow(), backend?.lookEvery ?? 0)',
    to: 'pauseNow()',
    tests: ['test/dispatch/nodes/node-watch.test.ts'],
  },
  {
    what: 'another organisation sees a run',
    file: 'src/dispatch/http/routes/runs.ts',
    from: 'if (run?.organisation === token.organisation) return run;',
    to: 'if (run) return run;',
    tests: ['test/dispatch/http/runs.test.ts'],
  },
];

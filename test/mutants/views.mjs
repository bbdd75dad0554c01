const plan = ['test/views/plan-view.test.ts'];
const json = ['test/views/json-view.test.ts'];

/** @type {import('../../scripts/mutants.mjs').Mutant[]} */
export default [
  {
    what: 'an update shows secret values',
    file: 'src/views/describe.ts',
    from: 'const what = secret\n',
    to: 'const what = secret && replaces\n',
    tests: plan,
  },
  {
    what: 'the JSON of an update has secret values',
    file: 'src/views/json-view.ts',
    from: '...(secret ? { sensitive: true }',
    to: "...(secret && change.action !== 'update' ? { sensitive: true }",
    tests: json,
  },
];

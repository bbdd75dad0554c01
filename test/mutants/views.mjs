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
  {
    what: 'a secret output is shown',
    file: 'src/views/access-view.ts',
    from: 'if (!sensitive) return `${name} =',
    to: 'if (!sensitive || Array.isArray(value)) return `${name} =',
    tests: ['test/views/access-view.test.ts'],
  },
  {
    what: 'the access line has the keys',
    file: 'src/views/access-view.ts',
    from: 'return Object.fromEntries(Object.entries(access).filter(([key]) => open.has(key)));',
    to: 'return Object.fromEntries(Object.entries(access));',
    tests: ['test/views/access-view.test.ts', ...json],
  },
  {
    what: 'the outputs line has sensitive values',
    file: 'src/views/json-view.ts',
    from: '...(!sensitive && { value })',
    to: '...(sensitive !== null && { value })',
    tests: json,
  },
  {
    what: 'a replacement is shown as an update',
    file: 'src/views/plan-view.ts',
    from: "${action === 'update' ? 'in place' : 'replaced'}",
    to: 'in place',
    tests: plan,
  },
  {
    what: 'a plan leaves out the resources that it deletes',
    file: 'src/views/plan-view.ts',
    from: "const changed = plan.changes.filter(({ action }) => action !== 'none');",
    to: "const changed = plan.changes.filter(({ action }) => action !== 'none' && action !== 'delete');",
    tests: plan,
  },
  {
    what: 'drift that is gone is left out',
    file: 'src/views/plan-view.ts',
    from: "drift.filter(({ kind }) => kind !== 'adopted');",
    to: "drift.filter(({ kind }) => kind === 'changed');",
    tests: plan,
  },
  {
    what: 'a pipe ends a cell of the table',
    file: 'src/views/markdown-view.ts',
    from: '_[\\]<&|~]',
    to: '_[\\]<&~]',
    tests: ['test/views/markdown-view.test.ts'],
  },
  {
    what: 'an ampersand begins an entity',
    file: 'src/views/markdown-view.ts',
    from: '_[\\]<&|~]',
    to: '_[\\]<|~]',
    tests: ['test/views/markdown-view.test.ts'],
  },
  {
    what: 'a log moves the cursor of a terminal',
    file: 'src/views/error-view.ts',
    from: '} ${printable(line)}`)',
    to: '} ${line}`)',
    tests: ['test/views/error-view.test.ts'],
  },
  {
    what: 'stacks are shown without being asked',
    file: 'src/views/error-view.ts',
    from: 'if (debug) lines',
    to: 'if (lines) lines',
    tests: ['test/views/error-view.test.ts'],
  },
  {
    what: 'a time that is up still lists what ends the worker',
    file: 'src/views/show-view.ts',
    from: 'if (worker.ends.endsAt <= now) lines',
    to: 'if (worker.ends.endsAt < now) lines',
    tests: ['test/views/workers.test.ts'],
  },
  { what: 'times of JSON are numbers', file: 'src/views/json-text.ts', from: "'endsAt', 'endsBy'", to: "'endsBy'", tests: json },
];

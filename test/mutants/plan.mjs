const diff = 'src/plan/diff.ts';
const values = 'src/plan/values.ts';
const tests = ['test/plan/diff.test.ts'];
const changes = ['test/plan/changes.test.ts', 'test/apply/embedded/run.test.ts'];

/** @type {import('../../scripts/mutants.mjs').Mutant[]} */
export default [
  {
    what: 'a secret of a schema is none in a plan',
    file: diff,
    from: 'secret: attribute.secret ?? false',
    to: 'secret: false',
    tests,
  },
  {
    what: 'what is not known before an apply is no change',
    file: diff,
    from: 'if (becomes !== unknown && meansTheSame(',
    to: 'if (becomes === unknown || meansTheSame(',
    tests: [...tests, ...changes],
  },
  {
    what: 'a write-only attribute is compared',
    file: diff,
    from: '    if (attribute.writeOnly) continue;\n',
    to: '',
    tests,
  },
  {
    what: 'a write-only value stays in a plan',
    file: diff,
    from: 'keys.length === 0 ? attributes : { ...attributes, ...Object.fromEntries(',
    to: 'keys.length > 0 ? attributes : { ...attributes, ...Object.fromEntries(',
    tests,
  },
  {
    what: 'what is taken out of the configuration stays',
    file: diff,
    from: 'return attribute.computed ? before : emptyLike(before);',
    to: 'return before;',
    tests,
  },
  {
    what: 'what is ignored is changed',
    file: diff,
    from: '    if (ignored.includes(key)) return before;\n',
    to: '',
    tests: [...tests, ...changes],
  },
  {
    what: 'a new object is drift only if a state knew it',
    file: diff,
    from: "kind: 'adopted', attributes: [] };",
    to: "kind: 'gone', attributes: [] };",
    tests: [...tests, ...changes],
  },
  {
    what: 'a set keeps its repeats',
    file: values,
    from: 'const unique = new Map(items.map((item) => [canonical(item), item]));\n  return [...unique]',
    to: 'const unique = items.map((item) => [canonical(item), item] as const);\n  return [...unique]',
    tests,
  },
  {
    what: 'a set has no order',
    file: values,
    from: '.sort(([a], [b]) => (a < b ? -1 : 1))',
    to: '',
    tests,
  },
  {
    what: 'zero is something',
    file: values,
    from: ' || value === 0 || value === false) return true;',
    to: ' || value === false) return true;',
    tests,
  },
  {
    what: 'a name without a value in a map is no name',
    file: values,
    from: "typeof type === 'string' || 'map' in type) return value;\n  if ('set' in type) return sortedSet(asList(value).map((item) => withoutEmpty",
    to: "typeof type === 'string') return value;\n  if ('set' in type) return sortedSet(asList(value).map((item) => withoutEmpty",
    tests,
  },
  {
    what: 'a tainted resource is updated',
    file: 'src/plan/changes.ts',
    from: 'if (tainted || attributes.some(',
    to: 'if (attributes.some(',
    tests: changes,
  },
  {
    what: 'a replacement shows what an update would leave',
    file: 'src/plan/changes.ts',
    from: "after: action === 'replace' ? created() : after",
    to: 'after',
    tests: changes,
  },
  {
    what: 'dependencies through others are forgotten',
    file: 'src/plan/graph.ts',
    from: '...dependencies.flatMap((one) => closed.get(one) ?? [])',
    to: '',
    tests: ['test/plan/graph.test.ts', ...changes],
  },
  {
    what: 'a replacement counts as an addition alone',
    file: 'src/plan/plan.ts',
    from: "destroy: count('delete', 'replace')",
    to: "destroy: count('delete')",
    tests: ['test/views/plan-view.test.ts'],
  },
  {
    what: 'a later end alone is no change',
    file: 'src/plan/plan.ts',
    from: ' || plan.leaseMove !== null',
    to: '',
    tests: ['test/views/plan-view.test.ts'],
  },
  {
    what: 'ephemeral secrets are written to the file of variables',
    file: 'src/plan/stack.ts',
    from: '(name) => !stack.variable?.[name]?.ephemeral);',
    to: '() => true);',
    tests: ['test/plan/stack.test.ts'],
  },
  {
    what: 'an attribute that holds a key is not marked in the state',
    file: 'src/plan/stack.ts',
    from: '?.sensitive),',
    to: '?.ephemeral),',
    tests: ['test/plan/stack.test.ts'],
  },
];

const tests = ['test/stacks/golden.test.ts'];

/** @type {import('../../scripts/mutants.mjs').Mutant[]} */
export default [
  { what: 'a container may gain privileges', file: 'stacks/docker.ts', from: "securityOpts: ['no-new-privileges:true'],", to: '', tests },
  { what: 'a container starts again by itself', file: 'stacks/docker.ts', from: "restart: 'no',", to: "restart: 'always',", tests },
  {
    what: 'memory is doubled by swap',
    file: 'stacks/docker.ts',
    from: 'memorySwap: size.memory,',
    to: 'memorySwap: size.memory * 2,',
    tests,
  },
  { what: 'an engine may write to its socket’s directory', file: 'stacks/docker.ts', from: 'readOnly: true, ', to: '', tests },
  { what: 'the service may be made before the schedules that end it', file: 'stacks/aws.ts', from: 'dependsOn: ends,', to: '', tests },
  {
    what: 'a task has a public address without being asked',
    file: 'stacks/aws.ts',
    from: 'assignPublicIp: this.input.spec.access.public || needsPublicAddress',
    to: 'assignPublicIp: true',
    tests,
  },
  {
    what: 'a port is open where no network is named',
    file: 'stacks/aws.ts',
    from: 'this.engine.port === null || cidrs.length === 0',
    to: 'this.engine.port === null',
    tests,
  },
  {
    what: 'keys stand in the definition of a task',
    file: 'stacks/aws.ts',
    from: "key === 'remote_key' || key === 'self_key'",
    to: "key === 'remote_key'",
    tests,
  },
  {
    what: 'a template in a user’s text is evaluated',
    file: 'stacks/common.ts',
    from: 'replace(/[$%](?=\\{)/g',
    to: 'replace(/[$](?=\\{)/g',
    tests,
  },
  {
    what: 'objects have no latest end',
    file: 'stacks/common.ts',
    from: '    [labelKeys.lifetime]: String(lifetime(spec)),\n',
    to: '',
    tests,
  },
];

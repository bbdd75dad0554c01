import { runChild } from '../../../src/apply/terraform/child.js';

/** Runs a child for ever that writes its pid into the file that is named: to be killed. */
const never = new AbortController().signal;
await runChild('sh', ['-c', 'echo $$ >"$0.part"; mv "$0.part" "$0"; sleep 1000', process.argv[2]!], {
  cwd: '/',
  env: process.env,
  stop: never,
  abort: never,
});

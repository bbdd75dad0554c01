// The program in the sandboxed child: reads a request from stdin, runs the module, and sends frames on stdout.
import { decodeRequest } from '../request.js';
import { checkOption } from '../sandbox.js';
import type { WasmEnd } from '../result.js';
import { Channel, readRequest } from './channel.js';
import { descriptorsOf } from './descriptors.js';
import { endOf } from './end-of.js';
import { hostCalls } from './host-calls.js';
import { memoriesOf } from './memories.js';
import { allowedActions, hasNoPermissions } from './permissions.js';
import { Tree } from './tree.js';

function main(): void {
  if (!hasNoPermissions()) throw new Error("Node's permission model is off");
  const { module, args, env, stdin, directory, limits } = decodeRequest(readRequest());
  const channel = new Channel(limits.output);
  const tree = new Tree(directory, limits);
  const finish = (end: WasmEnd): never => channel.end(end, tree);
  const write = (kind: 'stdout' | 'stderr') => (bytes: Uint8Array) => {
    if (channel.output(kind, bytes)) return;
    finish({ ended: 'stopped', reason: 'output_limit', message: `more than ${limits.output} bytes of output` });
  };
  const fds = descriptorsOf(stdin, write, tree);
  const { shim, imports } = hostCalls({ args, env, fds, timeout: limits.timeout, finish });
  try {
    const compiled = new WebAssembly.Module(module);
    if (memoriesOf(module) > 1) {
      return finish({ ended: 'stopped', reason: 'invalid_module', message: 'the module has more than one memory' });
    }
    const instance = new WebAssembly.Instance(compiled, { wasi_snapshot_preview1: imports });
    const { memory, _start: start } = instance.exports;
    if (typeof start !== 'function' || !(memory instanceof WebAssembly.Memory)) {
      return finish({ ended: 'stopped', reason: 'start_missing', message: 'the module does not export `_start` and `memory`' });
    }
    shim.start({ exports: { memory, _start: start as () => unknown } });
    finish({ ended: 'exited', code: 0 });
  } catch (error) {
    finish(endOf(error));
  }
}

if (process.argv.includes(checkOption)) process.stdout.write(JSON.stringify(allowedActions()));
else main();

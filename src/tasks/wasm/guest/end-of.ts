import type { StopReason, WasmEnd } from '../result.js';

/** V8's messages of errors that end a module. */
const messages: [RegExp, StopReason][] = [
  [/call stack/i, 'stack_overflow'],
  [/out of memory|allocat|maximum memory size|initial memory size|memory size .* larger/i, 'out_of_memory'],
  [/^unreachable$/, 'unreachable'],
  [/out of bounds/, 'out_of_bounds'],
  [/signature mismatch|null function/, 'bad_call'],
  [/divide|remainder|integer overflow|unrepresentable/, 'bad_arithmetic'],
];

/** The end that an error stands for: a module's trap, or a module that could not start. */
export function endOf(error: unknown): WasmEnd {
  const message = error instanceof Error ? error.message : String(error);
  return { ended: 'stopped', reason: reasonOf(error, message), message: message.slice(0, 500) };
}

function reasonOf(error: unknown, message: string): StopReason {
  const found = messages.find(([pattern]) => pattern.test(message));
  if (found) return found[1];
  if (error instanceof WebAssembly.CompileError) return 'invalid_module';
  if (error instanceof WebAssembly.LinkError || error instanceof TypeError) return 'import_missing';
  if (error instanceof WebAssembly.RuntimeError) return 'unreachable';
  return 'exception';
}

import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { MayflyError } from '../errors.js';

/** Returns the mapping in a settings file. The caller checks its keys and values. @throws MayflyError `settings_invalid` */
export function readConfigFile(path: string): Record<string, unknown> {
  const lines = new LineCounter();
  const document = parseDocument(read(path), { lineCounter: lines, prettyErrors: false });
  const [wrong] = document.errors;
  if (wrong) {
    const { line, col } = lines.linePos(wrong.pos[0]);
    throw invalid(path, wrong.message, 'correct the YAML', { line, column: col });
  }
  const content = plain(path, () => document.toJS() as unknown) ?? {};
  if (typeof content === 'object' && !Array.isArray(content)) return content as Record<string, unknown>;
  throw invalid(path, 'must hold settings, one `key: value` a line', 'for example `backend: process`');
}

function read(path: string): string {
  return plain(path, () => readFileSync(path, 'utf8'));
}

function plain<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalid(path, `cannot be read: ${(error as Error).message}`, 'make it a readable file of settings, or remove it');
  }
}

function invalid(file: string, cause: string, remedy: string, position: { line?: number; column?: number } = {}): MayflyError {
  return new MayflyError('settings_invalid', { place: { file, ...position }, cause, remedy });
}

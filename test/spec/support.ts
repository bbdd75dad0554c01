import { readFileSync } from 'node:fs';
import { MayflyError } from '../../src/errors.js';
import { parseSpec } from '../../src/spec/parse.js';
import type { ParseOptions } from '../../src/spec/loaded-spec.js';

export const options: ParseOptions = {
  file: 'ci.yaml',
  defaultName: 'ci',
  env: {},
  directory: '/specs',
  backends: ['docker', 'process', 'aws'],
};

/** What a start request of the real Mélodium client is (test data from DESIGN's `melodium/request.json`). */
export const request = readFileSync(new URL('./fixtures/request.json', import.meta.url), 'utf8');

/** The error that parsing ends in; fails when there is none. */
export function failure(text: string, more: Partial<ParseOptions> = {}): MayflyError {
  try {
    parseSpec(text, { ...options, ...more });
  } catch (error) {
    if (error instanceof MayflyError) return error;
    throw error;
  }
  throw new Error('expected the spec to be refused');
}

/** Everything of an error that a user could come to see. */
export function visible(error: MayflyError): string {
  return JSON.stringify([error.message, error.place, error.remedy, error.problems, error.log, String(error)]);
}

/** The lines of a valid spec, to which a case adds its own. */
export const base = 'max_duration: 60\ncpu: 500\nmemory: 256\nstorage: 100\n';

/** A spec with one mistake, and what is told of it. */
export interface BadSpec {
  text: string;
  /** `line:column path`, as a reader sees it after the file's name. */
  at: string;
  cause: string | RegExp;
  remedy?: string | RegExp;
  options?: Partial<ParseOptions>;
}

/** With a container, to which a case adds its own lines. */
export const box = (more: string) =>
  `${base}containers:\n  - name: box\n    image: busybox\n    cpu: 100\n    memory: 64\n    storage: 64\n${more}`;
/** With an engine, to which a case adds its own lines. */
export const engine = (more: string) => `${base}engine:\n  image: alpine\n${more}`;
export const volumes = 'volumes:\n  - name: work\n    storage: 16\n';

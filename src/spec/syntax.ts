import { Composer, type Document, isScalar, Lexer, Parser, type YAMLError } from 'yaml';
import { linesOf } from './lines.js';

/** A problem at an offset of the text. Lines and columns are computed last. */
export interface Located {
  /** 0-based, in UTF-16 units. */
  offset: number;
  path: string;
  cause: string;
  remedy: string;
}

/** Limits beyond the needs of any spec. A hostile text is refused before it costs time or stack. */
const maxDepth = 100;
const maxTokens = 100_000;

/** Messages of our own, because the library's messages quote the text, which may hold secrets. */
const messages: Partial<Record<YAMLError['code'], [cause: string, remedy: string]>> = {
  ALIAS_PROPS: ['an alias can have neither anchor nor tag', 'remove what stands before the *'],
  BAD_ALIAS: ['an alias or anchor has no valid name', 'write &name and *name'],
  BAD_DIRECTIVE: ['a line that starts with % is not a directive that mayfly supports', 'remove the line'],
  BAD_DQ_ESCAPE: ['a double-quoted string holds an unknown escape', "double the backslash, or use single quotes: '…'"],
  BAD_INDENT: [
    'the indentation matches no line above, or a bracket above is not closed',
    'indent like the lines beside it, and close every [ and {',
  ],
  BAD_SCALAR_START: ['a plain value starts with a character that YAML reserves', 'put the value in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['there is a second ": " on the line', 'put the value in quotes, or on its own indented line'],
  BLOCK_IN_FLOW: ['an indented block stands inside […] or {…}', 'use one of the two styles'],
  KEY_OVER_1024_CHARS: ['a key is too long', 'check for a missing quote'],
  MISSING_CHAR: ['a closing quote, bracket, colon or comma is missing', 'close what was opened before here'],
  MULTILINE_IMPLICIT_KEY: ['a key goes over several lines', 'check for a missing colon or quote'],
  MULTIPLE_ANCHORS: ['a value has two anchors', 'keep one'],
  MULTIPLE_TAGS: ['a value has two tags', 'keep one'],
  TAB_AS_INDENT: ['a tab is used to indent', 'use spaces'],
  TAG_RESOLVE_FAILED: ['the tag (!…) is unknown or does not fit its value', 'remove it: a spec needs no tags'],
  UNEXPECTED_TOKEN: ['this is not expected here', 'check quotes, brackets and indentation before it'],
};

export interface Syntax {
  /** `undefined` if the document cannot be used; `problems` holds the reasons. */
  document: Document | undefined;
  problems: Located[];
  /** 1-based line and column of an offset. */
  position(offset: number): { line: number; column: number };
}

/**
 * Parses a text of one or more YAML (or JSON) documents. Offsets count from the start of the whole text. Empty documents beside others
 * are skipped. Never throws.
 */
export function readSyntax(text: string): [Syntax, ...Syntax[]] {
  const position = linesOf(text);
  const fail = (offset: number, cause: string, remedy: string): [Syntax] => [
    { document: undefined, problems: [{ offset, path: '', cause, remedy }], position },
  ];

  const parser = new Parser();
  const tokens = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > maxDepth) return fail(parser.offset, 'values are nested too deeply', `stay below ${maxDepth} levels`);
    if (++count > maxTokens) return fail(parser.offset, 'the spec is too large', `stay below ${maxTokens} YAML tokens`);
  }
  tokens.push(...parser.end());

  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const documents = [...composer.compose(tokens, true, text.length)];
  const kept = documents.filter(({ contents, errors }) => errors.length > 0 || (contents !== null && !isEmpty(contents)));
  const [first, ...others] = (kept.length > 0 ? kept : documents.slice(0, 1)).map((document): Syntax => {
    const problems = onePerLine([...document.errors, ...document.warnings], text, position);
    return { document: problems.length > 0 ? undefined : document, problems, position };
  });
  return first
    ? [first, ...others]
    : fail(0, 'the file is empty', 'write a spec: max_duration, cpu, memory, storage and an engine at least');
}

function isEmpty(contents: unknown): boolean {
  return isScalar(contents) && contents.value === null && !contents.source;
}

/** Keeps the first error of each line, because one mistake causes many errors after it. */
function onePerLine(errors: YAMLError[], text: string, position: Syntax['position']): Located[] {
  const byLine = new Map<number, YAMLError>();
  for (const error of errors) {
    const { line } = position(error.pos[0]);
    if (!byLine.has(line)) byLine.set(line, error);
  }
  return [...byLine.values()].map((error) => {
    const [cause, remedy] = messages[error.code] ?? ['this is not valid YAML', 'check quotes, brackets and indentation'];
    const [line = ''] = text.slice(text.lastIndexOf('\n', error.pos[0] - 1) + 1).split('\n', 1);
    const hint = line.includes('${') ? 'inside […] or {…}, put a text with ${…} in quotes' : remedy;
    return { offset: error.pos[0], path: '', cause, remedy: hint };
  });
}

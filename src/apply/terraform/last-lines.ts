import { stripVTControlCharacters } from 'node:util';

/** The last lines of a CLI's text that are not empty, without colours and frames. */
export function lastLines(text: string, count: number): string[] {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/^[│╷╵]\s?/, '').trimEnd());
  return lines.filter((line) => line !== '').slice(-count);
}

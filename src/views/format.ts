/** Sizes, durations and positions as people read them. */
export { cpus, dollars, duration, megabytes } from '../spec/units.js';

/** Local time of day, with the date when it is not today. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toTimeString().slice(0, 8);
  if (date.toDateString() === new Date(now).toDateString()) return time;
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
  return `${day} ${time}`;
}

/** A table with columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[], gap = 3): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, index) => Math.max(all[index] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]! + gap)))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** One or several of a thing: `1 worker`, `2 workers`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A text of somebody else's for a terminal: a control or format character becomes `\ufffd`, but for tabs and line ends. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === '\t' || sign === '\n' ? sign : '\ufffd'));
}

/** A text as one printable line of 60 characters at most. */
export function short(text: string): string {
  const line = printable(text.replace(/\s+/g, ' '));
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

/** A worker's name, with that of its spec where it is another one: `rmfrgg… (ci)`. */
export function titleOfWorker({ name, specName }: { name: string; specName: string }): string {
  return name === specName ? name : `${name} (${specName})`;
}

/** Sizes, durations and positions as people read them. */
export { cpus, dollars, megabytes } from '../spec/units.js';

/** `30 min`, `1 h 5 min`, `45 s`; `seconds` at least 0. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor((whole % 86400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

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

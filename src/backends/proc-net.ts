/** `/proc/net/tcp` and `tcp6`, for readiness that doesn't connect. Source of the format: proc(5). */
export interface ListeningSocket {
  port: number;
  inode: string;
}

const listen = '0A';

export function parseListening(text: string): ListeningSocket[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listen && fields[1]?.includes(':'))
    .map((fields) => ({ port: Number.parseInt(fields[1]!.split(':')[1]!, 16), inode: fields[9] ?? '' }));
}

import { describe, expect, test } from 'vitest';
import { bootTime, hasEnded, parseListeners, parseStat, pickEnviron, socketInode } from '../src/proc.js';

const tail = '0 -1 4194304 206 0 0 0 0 0 0 0 20 0 1 0 197818 2654208 402 18446744073709551615';

describe('/proc/<pid>/stat', () => {
  const lines = {
    'a plain name': `853 (sh) S 852 850 849 ${tail}`,
    'a name with spaces and parentheses': `853 (a) R (b c) S 852 850 849 ${tail}`,
    'a name with a newline': `853 (a\nb) S 852 850 849 ${tail}`,
  };
  for (const [title, line] of Object.entries(lines)) {
    test(title, () => {
      expect(parseStat(line)).toEqual({ pid: 853, state: 'S', group: 850, session: 849, start: 197818, kernel: false });
    });
  }
  test('a kernel thread', () => expect(parseStat('2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0')?.kernel).toBe(true));
  test('what is cut short is nothing', () => {
    for (const line of ['', '853', '853 (sh', '853 (sh) S 1 2', 'x (sh) S 852 850 849 0']) expect(parseStat(line)).toBeNull();
  });
  test('a zombie has ended', () => {
    const stat = parseStat(`853 (sh) Z 852 850 849 ${tail}`);
    expect(stat && hasEnded(stat)).toBe(true);
  });
});

test('environ: the first of a name counts, and others are left out', () => {
  const environ = 'A=1\0MAYFLY_OBJECT=/a=b\0MAYFLY_OBJECT=second\0=odd\0alone\0XMAYFLY_OBJECT=no\0';
  expect(pickEnviron(environ, ['MAYFLY_OBJECT', 'A'])).toEqual({ A: '1', MAYFLY_OBJECT: '/a=b' });
});

describe('/proc/net/tcp', () => {
  const line = (address: string, state: string) =>
    `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0000 100 0 0 10 0`;
  const cases: Record<string, [line: string, expected: object[]]> = {
    'all addresses': [line('00000000:1F90', '0A'), [{ port: 8080, inode: '12345', local: true, loopback: false, resolver: false }]],
    loopback: [line('0100007F:0050', '0A'), [{ port: 80, inode: '12345', local: true, loopback: true, resolver: false }]],
    'a resolver on a loopback address of its own': [
      line('3500007F:0035', '0A'),
      [{ port: 53, inode: '12345', local: false, loopback: false, resolver: false }],
    ],
    "Docker's resolver": [line('0B00007F:0035', '0A'), [{ port: 53, inode: '12345', local: false, loopback: false, resolver: true }]],
    'another address': [line('0501A8C0:1F90', '0A'), [{ port: 8080, inode: '12345', local: false, loopback: false, resolver: false }]],
    'all of IPv6': [
      line('00000000000000000000000000000000:1F90', '0A'),
      [{ port: 8080, inode: '12345', local: true, loopback: false, resolver: false }],
    ],
    'loopback of IPv6': [
      line('00000000000000000000000001000000:1F90', '0A'),
      [{ port: 8080, inode: '12345', local: true, loopback: true, resolver: false }],
    ],
    'a mapped loopback': [
      line('0000000000000000FFFF00000100007F:1F90', '0A'),
      [{ port: 8080, inode: '12345', local: true, loopback: true, resolver: false }],
    ],
    'an established connection': [line('0100007F:1F90', '01'), []],
    'a line cut short': ['   0: 0100007F', []],
  };
  for (const [title, [text, expected]] of Object.entries(cases)) {
    test(title, () => expect(parseListeners(`  sl  local_address ...\n${text}\n`)).toEqual(expected));
  }
});

test('a socket has an inode, other descriptors have none', () => {
  expect(socketInode('socket:[991]')).toBe('991');
  for (const link of ['pipe:[991]', '/tmp/socket:[1]', '']) expect(socketInode(link)).toBeNull();
});

test('the time of the boot', () => {
  expect(bootTime('cpu 1 2\nbtime 1700000000\nprocesses 5\n')).toBe(1_700_000_000_000);
  expect(bootTime('')).toBeNull();
});

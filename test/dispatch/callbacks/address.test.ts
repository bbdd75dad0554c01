import { expect, test } from 'vitest';
import { mayReach } from '../../../src/dispatch/callbacks/address.js';
import { webhookUrl } from '../../../src/dispatch/callbacks/url.js';

const refused = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.1.2.3'],
  ...['168.63.129.16', '169.254.169.254', '169.254.0.1', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1'],
  ...['192.168.1.1', '198.18.0.1', '198.19.255.255', '198.51.100.7', '203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:169.254.169.254', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::169.254.169.254', '64:ff9b:1::1', '100::1', '2001::1', '2001:2::1', '2001:db8::1', '2002:7f00:1::'],
  ...['2002:a9fe:a9fe::', '3fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1'],
  ...['', 'localhost', '127.0.0.1.', '2130706433', 'example.com', '1.2.3.4/32'],
];

const allowed = [
  ...['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.1', '100.128.0.1', '192.167.255.255', '223.255.255.255'],
  ...['2606:4700::1111', '2a00:1450:4001::200e', '::ffff:8.8.8.8'],
];

test.each(refused)('%s is not reached', (address) => {
  expect(mayReach(address, [])).toBe(false);
});

test.each(allowed)('%s is reached', (address) => {
  expect(mayReach(address, [])).toBe(true);
});

test.each<[string, string, boolean]>([
  ['10.1.2.3', '10.0.0.0/8', true],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['192.168.1.1', '10.0.0.0/8', false],
  ['127.0.0.1', '127.0.0.1/32', true],
  ['127.0.0.2', '127.0.0.1/32', false],
  ['::1', '127.0.0.0/8', false],
  ['fd00::5', 'fd00::/8', true],
])('%s with the allowed network %s: %s', (address, network, reached) => {
  expect(mayReach(address, [network])).toBe(reached);
});

/** The form of a URL that is stored, or why it is refused. */
function outcome(text: string, reach = { networks: [] as string[], http: false }): string {
  try {
    return webhookUrl(text, reach);
  } catch (error) {
    return (error as Error).message;
  }
}

test.each<[string, string]>([
  ['https://ci.example.com/a?b=c#d', 'https://ci.example.com/a?b=c'],
  ['https://CI.example.com:443', 'https://ci.example.com/'],
  ['https://1.1.1.1:8443/', 'https://1.1.1.1:8443/'],
  ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
  ['http://ci.example.com/', 'has the protocol http'],
  ['ftp://ci.example.com/', 'has the protocol ftp'],
  ['file:///etc/passwd', 'has the protocol file'],
  ['ci.example.com', 'is not a URL'],
  ['https://user@ci.example.com/', 'has a user or a password'],
  ['https://:secret@ci.example.com/', 'has a user or a password'],
  ['https://127.0.0.1/', 'has the address 127.0.0.1, which is not public'],
  ['https://2130706433/', 'has the address 127.0.0.1, which is not public'],
  ['https://0x7f.1/', 'has the address 127.0.0.1, which is not public'],
  ['https://0177.0.0.1/', 'has the address 127.0.0.1, which is not public'],
  ['https://①②⑦.0.0.1/', 'has the address 127.0.0.1, which is not public'],
  ['https://[::1]/', 'has the address ::1, which is not public'],
  ['https://[::ffff:127.0.0.1]/', 'has the address ::ffff:7f00:1, which is not public'],
  ['https://169.254.169.254/latest/meta-data', 'has the address 169.254.169.254, which is not public'],
])('%s: %s', (text, expected) => {
  expect(outcome(text)).toBe(expected);
});

test('http and a network are allowed by the settings', () => {
  const reach = { networks: ['10.0.0.0/8'], http: true };
  expect(outcome('http://10.0.0.7:8080/hook', reach)).toBe('http://10.0.0.7:8080/hook');
  expect(outcome('http://127.0.0.1/', reach)).toBe('has the address 127.0.0.1, which is not public');
});

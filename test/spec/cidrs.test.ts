import { describe, expect, test } from 'vitest';
import { cidr } from '../../src/spec/fields.js';

describe('networks are written as AWS tells them', () => {
  test.each(['203.0.113.0/24', '0.0.0.0/0', '10.0.0.1/32', '2001:db8::/32', '::/0'])('%s', (network) => {
    expect(cidr.parse(network)).toBe(network);
  });

  test.each([
    ['203.0.113.5/24', 'must be written as 203.0.113.0/24'],
    ['2001:DB8::/32', 'must be written as 2001:db8::/32'],
    ['2001:db8:0::1/32', 'must be written as 2001:db8::/32'],
    ['010.0.0.0/8', 'must be written as 8.0.0.0/8'],
    ['10.0.0.0', 'must be a network'],
    ['10.0.0.0/33', 'must be a network'],
    ['10.0.0.0/8/8', 'must be a network'],
    ['everybody', 'must be a network'],
  ])('%s is refused', (network, says) => {
    expect(cidr.safeParse(network).error?.issues[0]?.message).toContain(says);
  });
});

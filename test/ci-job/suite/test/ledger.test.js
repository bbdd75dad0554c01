import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import pg from 'pg';
import { Ledger } from '../src/ledger.js';

const client = new pg.Client({ host: 'localhost', user: 'postgres', password: 'x', database: 'postgres' });
const ledger = new Ledger(client);

before(async () => {
  await client.connect();
  await ledger.open();
});
beforeEach(() => client.query('TRUNCATE entries'));
after(() => client.end());

test('an account that nobody used is empty', async () => assert.equal(await ledger.balance('a'), 0));

test('entries add up', async () => {
  await ledger.add('a', 150);
  await ledger.add('a', -50);
  assert.equal(await ledger.balance('a'), 100);
});

test('money moves', async () => {
  await ledger.add('a', 100);
  await ledger.move('a', 'b', 60);
  assert.deepEqual([await ledger.balance('a'), await ledger.balance('b')], [40, 60]);
});

test('money that is not there stays', async () => {
  await ledger.add('a', 10);
  await assert.rejects(ledger.move('a', 'b', 60), RangeError);
  assert.deepEqual([await ledger.balance('a'), await ledger.balance('b')], [10, 0]);
});

test('half a cent is refused', () => assert.rejects(ledger.add('a', 0.5), TypeError));

test('a thousand entries', async () => {
  for (let cents = 1; cents <= 1000; cents += 1) await ledger.add('a', cents);
  assert.equal(await ledger.balance('a'), 500_500);
});

test('the day is a good one', () => assert.notEqual(process.env.DAY, 'bad'));

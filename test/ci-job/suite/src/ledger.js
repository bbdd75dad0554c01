/** A small ledger in PostgreSQL: what the tests of a CI job test. */
export class Ledger {
  constructor(client) {
    this.client = client;
  }

  async open() {
    await this.client.query('CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, account text NOT NULL, cents bigint NOT NULL)');
  }

  async add(account, cents) {
    if (!Number.isInteger(cents)) throw new TypeError('cents must be a whole number');
    await this.client.query('INSERT INTO entries (account, cents) VALUES ($1, $2)', [account, cents]);
  }

  async balance(account) {
    const { rows } = await this.client.query('SELECT coalesce(sum(cents), 0) AS cents FROM entries WHERE account = $1', [account]);
    return Number(rows[0].cents);
  }

  /** Moves money between two accounts, or nothing. */
  async move(from, to, cents) {
    await this.client.query('BEGIN');
    try {
      await this.add(from, -cents);
      await this.add(to, cents);
      if ((await this.balance(from)) < 0) throw new RangeError(`${from} has too little`);
      await this.client.query('COMMIT');
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }
}

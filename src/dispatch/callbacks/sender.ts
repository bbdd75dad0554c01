import { Lane, type LaneParts } from './lane.js';
import type { Webhook } from './webhook.js';

/** Sends the callbacks of the outbox, with one lane for each webhook. Callbacks of a run may arrive in another order, or twice. */
export class Sender {
  private readonly lanes = new Map<string, { organisation: string; lane: Lane; done: Promise<void> }>();
  private readonly stop = new AbortController();

  constructor(private readonly parts: LaneParts) {}

  /** Begins to send, also the deliveries that an earlier process left. */
  async start(): Promise<void> {
    for (const webhook of await this.parts.webhooks.list()) this.look(webhook);
  }

  /** Looks for deliveries of the organisation's webhooks. */
  wake(organisation: string): void {
    for (const entry of this.lanes.values()) if (entry.organisation === organisation) entry.lane.wake();
  }

  /** Looks for deliveries of a webhook, which may be new or may have been disabled before. */
  look({ id, organisation }: Pick<Webhook, 'id' | 'organisation'>): void {
    if (this.stop.signal.aborted) return;
    const current = this.lanes.get(id);
    if (current && !current.lane.ended) return current.lane.wake();
    const lane = new Lane(id, this.parts);
    const entry = { organisation, lane, done: lane.run(this.stop.signal) };
    this.lanes.set(id, entry);
    void entry.done.then(() => this.lanes.get(id) === entry && this.lanes.delete(id));
  }

  /** Drops requests under way. Their deliveries are pending. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all([...this.lanes.values()].map(({ done }) => done));
  }
}

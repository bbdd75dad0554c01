import type { Dispatcher } from '../dispatcher.js';
import type { DispatchSettings } from '../settings.js';
import { announceEnds } from './expiring.js';
import type { LaneParts } from './lane.js';
import { Sender } from './sender.js';

export interface CallbackParts extends LaneParts {
  settings: Pick<DispatchSettings, 'expiring' | 'pollPeriod'>;
  dispatcher(): Pick<Dispatcher, 'runs' | 'nodes' | 'isRecovering'>;
}

/** Makes the callbacks that time causes, and sends those of webhooks. */
export class Callbacks {
  readonly sender: Sender;

  constructor(private readonly parts: CallbackParts) {
    this.sender = new Sender(parts);
  }

  /** Works until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { settings, clock, log } = this.parts;
    const { runs, nodes } = this.parts.dispatcher();
    await this.sender.start();
    await announceEnds(
      {
        ...{ runs, clock, log, before: settings.expiring, period: settings.pollPeriod },
        nowOf: (node) => nodes.get(node ?? '')?.now ?? clock.now(),
        recovering: () => this.parts.dispatcher().isRecovering,
      },
      signal,
    );
    await this.sender.close();
  }
}

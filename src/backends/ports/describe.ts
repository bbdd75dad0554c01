import type { Change, Plan } from '../../plan/plan.js';
import type { Offer } from '../../spec/offer.js';
import type { VolumeSpec, WorkerSpec } from '../../spec/worker-spec.js';

/** A backend's own words for people. Pure: no backend is opened for them. */
export interface Describe {
  /** A resource in a few words; `null`: the spec describes it. */
  resource(resource: Pick<Change, 'type' | 'name'>, plan: Pick<Plan, 'spec' | 'offer'>): string | null;
  /** Image or command of a Mélodium engine. */
  melodium(spec: WorkerSpec): string | null;
  /** Whether the backend stops a volume from outgrowing its size. */
  limitsVolume(volume: VolumeSpec, offer: Offer): boolean;
  /** For the README of `mayfly synth`; `null` where terraform has no provider for the backend. */
  terraform: TerraformNotes | null;
}

export interface TerraformNotes {
  /** Follows every command that looks for the worker: ` --backend aws`; empty where commands find it without. */
  option: string;
  /** Markdown paragraphs about requirements that no stack holds; empty or with a newline at both ends. */
  outside(offer: Offer): string;
  /** Markdown list items about further work of `mayfly apply`; empty or with a newline at the end. */
  added: string;
}

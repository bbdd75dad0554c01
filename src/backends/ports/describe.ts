import type { Change, Plan } from '../../plan/plan.js';
import type { Offer } from '../../spec/offer.js';
import type { VolumeSpec, WorkerSpec } from '../../spec/worker-spec.js';

/** A backend's texts for people. Pure: they need no open backend. */
export interface Describe {
  /** Describes a resource in a few words; `null`: the text comes from the spec. */
  resource(resource: Pick<Change, 'type' | 'name'>, plan: Pick<Plan, 'spec' | 'offer'>): string | null;
  /** The image or command of a Mélodium engine. */
  melodium(spec: WorkerSpec): string | null;
  /** Whether the backend enforces the size of a volume. */
  limitsVolume(volume: VolumeSpec, offer: Offer): boolean;
  /** Texts for the README of `mayfly synth`; `null` where Terraform has no provider for the backend. */
  terraform: TerraformNotes | null;
}

export interface TerraformNotes {
  /** Appended to commands that look for the worker, such as ` --backend aws`; empty where commands find it without. */
  option: string;
  /** Markdown paragraphs about requirements outside the stack; empty, or with a newline at both ends. */
  outside(offer: Offer): string;
  /** Markdown list items about further work of `mayfly apply`; empty, or with a newline at the end. */
  added: string;
}

import { MayflyError } from '../../../src/errors.js';
import { allGuards, type Guards, loadOutside, type OutsideSpec } from '../../../src/dispatch/outside/load.js';
import { nothingAllowed, type OutsideRules } from '../../../src/dispatch/outside/rules.js';
import type { SectionName, Table } from '../../../src/dispatch/outside/row.js';
import { outsideTable } from '../../../src/dispatch/outside/table.js';

export const rules: OutsideRules = {
  ...nothingAllowed,
  collects: false,
  organisation: 'acme',
  backends: ['docker', 'process', 'aws'],
  as_user: ['process'],
  melodium_images: 'registry.example.com/melodium',
};

/** Fields that every spec needs, and an engine. */
export const base = { max_duration: 60, engine: { image: 'alpine:3.20' } };

/** A valid spec with one container, to which a case adds fields. */
export const box = (more: object) => ({ ...base, containers: [{ name: 'box', image: 'busybox', ...more }] });

export function load(spec: unknown, allow: Partial<OutsideRules> = {}, guards: Partial<Guards> = {}): OutsideSpec {
  return loadOutside(spec, { ...rules, ...allow }, { ...allGuards, ...guards });
}

/** The faults of a refused spec, as `place: cause; remedy`. Empty: it was accepted. */
export function faultsOf(spec: unknown, allow: Partial<OutsideRules> = {}, guards: Partial<Guards> = {}): string[] {
  try {
    load(spec, allow, guards);
    return [];
  } catch (error) {
    if (!(error instanceof MayflyError) || error.code !== 'spec_invalid') throw error;
    return error.problems.map(({ place, cause, remedy }) => `${place?.path}: ${cause}; ${remedy}`);
  }
}

/** The table without the checks of some rows. */
export function without(...rows: [section: SectionName, field: string][]): Table {
  return rows.reduce<Table>((table, [section, field]) => {
    const { check: _, ...open } = table[section][field]!;
    return { ...table, [section]: { ...table[section], [field]: open } };
  }, outsideTable);
}

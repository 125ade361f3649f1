import { type Policy, readRule } from '@syncline/core';
import { CRDT_ENGINES } from './registry';

export interface CrdtRule {
  /** The name of an engine. */
  readonly engine: string;
}

const ENGINE_DEFAULT = 'yjs';

/** Records change by updates that merge in any order; only deletes are left to decide. */
export const crdt: Policy<CrdtRule> = {
  name: 'crdt',
  readsPayload: true,
  needsBase: false,
  parseRule: (declared) =>
    readRule(declared, (reader) => {
      const engine = reader.text('engine', 64, ENGINE_DEFAULT);
      if (!CRDT_ENGINES.has(engine))
        reader.problem('engine', `must be one of ${[...CRDT_ENGINES.keys()].join(', ')}`);
      return { engine };
    }),
  orderFree: () => true,
  remember: () => null,
  resolve: ({ stored, incoming }) => {
    if (stored.deleted) return { take: 'stored', why: 'A delete wins over updates of the data type.' };
    if (incoming.deleted) return { take: 'incoming', why: 'A delete wins over updates of the data type.' };
    return { take: 'neither', why: 'Whole records are not merged in this collection.' };
  },
  dataType: ({ engine }) => ({ kind: 'crdt', engine: CRDT_ENGINES.get(engine)! }),
};

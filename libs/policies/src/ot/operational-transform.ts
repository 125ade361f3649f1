import {
  LATE_OPERATIONS,
  type LateOperations,
  type Policy,
  readRule,
  type Resolution,
  type RuleReader,
} from '@syncline/core';
import { OT_TYPES } from './registry';

export interface OperationalTransformRule {
  /** The name of a data type. */
  readonly type: string;
  /** What becomes of what cannot be transformed any more. */
  readonly late: LateOperations;
}

const TYPE_DEFAULT = 'json1';

/** Operations are transformed past what came before them. Asked are deletes, whole records, and what came too late. */
export const operationalTransform: Policy<OperationalTransformRule> = {
  name: 'operational-transform',
  readsPayload: true,
  needsBase: true,
  parseRule: (declared) =>
    readRule(declared, (reader) => {
      const type = reader.text('type', 64, TYPE_DEFAULT);
      if (!OT_TYPES.has(type)) reader.problem('type', `must be one of ${[...OT_TYPES.keys()].join(', ')}`);
      return { type, late: lateIn(reader) };
    }),
  // The server's order of operations is the order that counts.
  orderFree: () => false,
  remember: () => null,
  resolve: ({ stored, incoming, rule }) => {
    if (stored.deleted) return { take: 'stored', why: 'A delete wins over operations.' };
    if (incoming.deleted) return { take: 'incoming', why: 'A delete wins over operations.' };
    return lateResolutions[rule.late];
  },
  dataType: ({ type, late }) => ({ kind: 'operational-transform', type: OT_TYPES.get(type)!, late }),
};

const lateResolutions: Readonly<Record<LateOperations, Resolution>> = {
  ask: { take: 'neither', why: 'It cannot be transformed past what came before, so a person decides.' },
  stored: {
    take: 'stored',
    why: 'It cannot be transformed past what came before, so what is stored stands.',
  },
  apply: {
    take: 'incoming',
    why: 'It cannot be transformed past what came before, so it is taken as it came.',
  },
};

function lateIn(reader: RuleReader): LateOperations {
  const late = reader.text('late', 64, 'ask');
  const known = LATE_OPERATIONS.find((each) => each === late);
  if (known === undefined) reader.problem('late', `must be one of ${LATE_OPERATIONS.join(', ')}`);
  return known ?? 'ask';
}

import type { ChainPoint } from '@syncline/core';
import type { AuditStore } from '@syncline/ports';
import type { StoreTables } from './store-tables';

/** The hash chain of one space. */
export interface ChainTable {
  end: ChainPoint | null;
  /** In order of version. */
  marks: readonly ChainPoint[];
}

export function auditStore({ spaces }: StoreTables): AuditStore {
  return {
    async chainState(space) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      const { epoch, head } = table.state;
      return { epoch, head, end: table.chain.end };
    },
    async chainAt(space, version) {
      const { end = null, marks = [] } = spaces.get(space)?.chain ?? {};
      if (end !== null && end.version <= version) return end;
      return marks.findLast((mark) => mark.version <= version) ?? null;
    },
    async audited(space, after, upTo, limit) {
      const history = spaces.get(space)?.history;
      if (history === undefined) return [];
      return history.facts(after, upTo, limit).map((facts) => ({ ...facts, ...history.settingOf(facts) }));
    },
    async extendChain(space, from, marks, end) {
      const chain = spaces.get(space)?.chain;
      if (chain === undefined || (chain.end?.version ?? 0) !== from) return false;
      chain.marks = [...chain.marks, ...marks];
      chain.end = end;
      return true;
    },
  };
}

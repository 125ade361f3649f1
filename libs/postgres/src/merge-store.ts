import type { SpaceKey } from '@syncline/core';
import type { MergeStore, MergeTransaction } from '@syncline/ports';
import { type LockedSpace, lockSpaces, loadSpaces } from './merge-load';
import { savesOf } from './merge-save';
import { findPast } from './merge-past';
import { findSeen } from './merge-seen';
import type { Sql, Transaction } from './sql';

/**
 * The spaces are locked by the first call of the work, which goes out together with what that call asks for. What is saved
 * goes out together with COMMIT.
 */
export function mergeStore(sql: Sql): MergeStore {
  return {
    transact: (spaces, work) =>
      sql.transaction(async (connection) => {
        const { transaction, end } = openTransaction(connection, new Set(spaces));
        try {
          return await work(transaction);
        } finally {
          end();
        }
      }),
  };
}

interface OpenTransaction {
  readonly transaction: MergeTransaction;
  /** No call is taken from now on. */
  readonly end: () => void;
}

function openTransaction(connection: Transaction, held: ReadonlySet<SpaceKey>): OpenTransaction {
  const state = { open: true, locked: null as Promise<readonly LockedSpace[]> | null };
  const saved = new Set<SpaceKey>();

  const reach = (spaces: Iterable<SpaceKey>): Promise<readonly LockedSpace[]> => {
    if (!state.open) throw new Error('the transaction is over');
    for (const space of spaces)
      if (!held.has(space)) throw new RangeError(`the transaction does not hold ${space}`);
    if (state.locked === null) {
      state.locked = lockSpaces(connection, [...held]);
      // Every call waits for it, but one may fail before it does.
      state.locked.catch(() => undefined);
    }
    return state.locked;
  };
  const toRead = (spaces: Iterable<SpaceKey>): Promise<readonly LockedSpace[]> => {
    if (saved.size > 0) throw new Error('a transaction reads before it saves');
    return reach(spaces);
  };

  return {
    transaction: {
      load: async (wanted) => loadSpaces(connection, toRead(wanted.keys()), wanted),
      seen: async (wanted) => findSeen(connection, toRead(wanted.keys()), wanted),
      past: async (wanted) => findPast(connection, toRead(wanted.keys()), wanted),
      async save(plans) {
        void reach(plans.map(({ before }) => before.space));
        for (const { before } of plans) {
          if (saved.has(before.space)) throw new Error(`${before.space} has been saved in this transaction`);
          saved.add(before.space);
        }
        connection.askLast(savesOf(plans));
      },
    },
    end() {
      state.open = false;
    },
  };
}

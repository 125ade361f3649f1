import * as Y from 'yjs';
import type { Untaken } from '@syncline/core';
import { invalid, tooLarge } from '../untaken';
import { countValues } from './yjs-values';

/** A run of typing is one item, and so is a field or an element. */
const ITEMS_MAX = 20_000;

/** Yjs gives every tab that writes a client of its own. */
const CLIENTS_MAX = 5_000;

/** A list or an object that is set or inserted at once is one item, whatever is in it. */
const VALUES_MAX = 500_000;

export type Struct = ReturnType<typeof Y.decodeUpdate>['structs'][number];

/** Read without being applied: Yjs would make room for as many items as an update says it has. */
export function readUpdate(
  update: Uint8Array,
): { readonly ok: true; readonly structs: readonly Struct[] } | Untaken {
  try {
    const { structs, ds } = Y.decodeUpdate(update);
    if (![...ds.clients.values()].every(isAscending)) return notAnUpdate;
    // Yjs writes none, and would put one in again each time that it came.
    if (structs.some(({ length }) => length === 0)) return notAnUpdate;
    const clients = new Set(structs.map(({ id }) => id.client)).size;
    const obstacle = sizeObstacle(structs.length, clients) ?? valuesObstacle([structs]);
    return obstacle ?? { ok: true, structs };
  } catch {
    return notAnUpdate;
  }
}

const notAnUpdate = invalid('it is no update of Yjs in its first encoding');

/** As Yjs writes them. Ranges that overlap could make it walk the same items over and over. */
function isAscending(deletes: readonly { readonly clock: number; readonly len: number }[]): boolean {
  return deletes.every(({ clock }, index) => {
    const before = deletes[index - 1];
    return before === undefined || before.clock + before.len <= clock;
  });
}

export function tooLargeDocument({ store: { clients } }: Y.Doc): Untaken | null {
  let items = 0;
  for (const structs of clients.values()) items += structs.length;
  return sizeObstacle(items, clients.size) ?? valuesObstacle(clients.values());
}

function sizeObstacle(items: number, clients: number): Untaken | null {
  if (items > ITEMS_MAX) return tooLarge(`the document has more than ${ITEMS_MAX} items`);
  return clients > CLIENTS_MAX ? tooLarge(`more than ${CLIENTS_MAX} clients wrote to the document`) : null;
}

function valuesObstacle(lists: Iterable<readonly Struct[]>): Untaken | null {
  let left = VALUES_MAX;
  for (const structs of lists) left -= countValues(structs, left);
  return left < 0 ? tooLarge(`the document has more than ${VALUES_MAX} values`) : null;
}

/** Whether items build on some that are neither in the document nor among them. Yjs takes long to find that out. */
export function buildsOnMissing(structs: readonly Struct[], { store }: Y.Doc): boolean {
  const ends = new Map<number, number>();
  const endOf = (client: number): number => ends.get(client) ?? Y.getState(store, client);
  for (const struct of structs) {
    const { client, clock } = struct.id;
    if (struct instanceof Y.Skip) continue;
    if (clock > endOf(client)) return true;
    ends.set(client, Math.max(endOf(client), clock + struct.length));
  }
  const isThere = (id: unknown): boolean => !(id instanceof Y.ID) || id.clock < endOf(id.client);
  return !structs.every(
    (struct) =>
      !(struct instanceof Y.Item) ||
      (isThere(struct.origin) && isThere(struct.rightOrigin) && isThere(struct.parent)),
  );
}

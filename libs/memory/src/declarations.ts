import { type CollectionName, compareUtf8 } from '@syncline/core';
import type { Declaration, Declarations } from '@syncline/ports';
import type { SpaceTable } from './space-table';
import { existing, type StoreTables } from './store-tables';

export function declarations(tables: StoreTables): Declarations {
  const { spaces } = tables;
  return {
    async declareSeen(space, declaration, seenVersion) {
      const table = existing(tables, space);
      const stands = table.rules.get(declaration.rules.collection)?.rulesVersion ?? 0;
      return seenVersion !== null && seenVersion !== stands ? null : declareIn(table, declaration);
    },
    async declaration(space, collection, rulesVersion) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      if (rulesVersion === null) return standing(table, collection);
      return versionOf(table, collection, rulesVersion);
    },
    async declarations(space) {
      const table = spaces.get(space);
      if (table === undefined) return [];
      const names = [...table.rules.keys()].sort(compareUtf8);
      return names.flatMap((name) => standing(table, name) ?? []);
    },
    async takeBack(space, collection) {
      const table = spaces.get(space);
      if (table === undefined || !table.rules.has(collection)) return false;
      const rules = new Map(table.rules);
      rules.delete(collection);
      table.rules = rules;
      table.rulesChanges++;
      return true;
    },
  };
}

export function declareIn(table: SpaceTable, declared: Declaration): Declaration {
  const { collection } = declared.rules;
  const before = table.declarations.get(collection) ?? [];
  const rules = { ...declared.rules, rulesVersion: before.length + 1 };
  const declaration = { ...declared, rules };
  table.declarations.set(collection, [...before, declaration]);
  table.rules = new Map(table.rules).set(collection, rules);
  table.rulesChanges++;
  return declaration;
}

function standing(table: SpaceTable, collection: CollectionName): Declaration | null {
  const rules = table.rules.get(collection);
  return rules === undefined ? null : versionOf(table, collection, rules.rulesVersion);
}

function versionOf(table: SpaceTable, collection: CollectionName, rulesVersion: number): Declaration | null {
  return table.declarations.get(collection)?.[rulesVersion - 1] ?? null;
}

import type { Access, CollectionName, CollectionRight } from '@syncline/core';

export interface AccessRow {
  readonly role: Access['role'];
  readonly collections: Readonly<Record<CollectionName, CollectionRight>>;
}

export function accessOf({ role, collections }: AccessRow): Access {
  const rights = Object.entries(collections) as [CollectionName, CollectionRight][];
  return { role, collections: new Map(rights) };
}

export function rightsText({ collections }: Access): string {
  return JSON.stringify(Object.fromEntries(collections));
}

import { type Answer, type Delta, granted, isEncoded, type PageContent } from '@syncline/core';
import { entriesFromBytes } from '@syncline/wire';

/** For whoever has to look into a page that came encoded. */
export function withEntries(read: Answer<Delta<PageContent>>): Answer<Delta> {
  if (!read.ok) return read;
  const { page, checkpoint } = read.value;
  const entries = isEncoded(page.entries) ? entriesFromBytes(page.entries.bytes) : granted(page.entries);
  return entries.ok ? granted({ page: { ...page, entries: entries.value }, checkpoint }) : entries;
}

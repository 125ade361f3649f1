import type { Kept, Sibling } from '@syncline/core';
import { sameDocument } from '../documents';

/** What differs between what a device keeps beside a payload and what it should; null for nothing. */
export function otherKept(held: Kept | undefined, due: Kept | undefined): string | null {
  if (due === undefined || held === undefined)
    return due === held ? null : `${told(held)} beside it, not ${told(due)}`;
  if (held.kind === 'siblings' || due.kind === 'siblings') {
    const [one, other] = [told(held), told(due)];
    return one === other ? null : `${one} beside it, not ${other}`;
  }
  const same =
    held.type === due.type &&
    held.state !== null &&
    due.state !== null &&
    sameDocument(due.type, held.state, due.state);
  return same ? null : `another state of ${due.type}`;
}

function told(kept: Kept | undefined): string {
  if (kept === undefined) return 'nothing';
  return kept.kind === 'data' ? `a state of ${kept.type}` : kept.siblings.map(siblingText).join(' and ');
}

function siblingText({ device, number, user, payload, time, schemaVersion }: Sibling): string {
  const content = payload === null ? 'a delete' : Buffer.from(payload).toString();
  return `${content} by ${user} in ${device} ${number} (${time}, ${schemaVersion})`;
}

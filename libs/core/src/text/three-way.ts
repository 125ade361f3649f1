import { type Edit, editsBetween } from './edits';
import { wordsOf } from './words';

export type TextSide = 'left' | 'right';

/**
 * What both sides made of the base. Where they changed the same words the later side stands; what both put into the same
 * place is kept, the earlier first.
 */
export function mergeTexts(base: string, left: string, right: string, later: TextSide): string {
  const words = wordsOf(base);
  const merge: Merge = {
    words,
    later,
    edits: { left: editsBetween(words, wordsOf(left)), right: editsBetween(words, wordsOf(right)) },
  };
  const out: string[] = [];
  let at = 0;
  for (const meeting of meetingsOf(merge.edits)) {
    for (; at < meeting.from; at++) out.push(words[at]!);
    for (const part of settled(merge, meeting)) out.push(part);
    at = meeting.to;
  }
  for (; at < words.length; at++) out.push(words[at]!);
  return out.join('');
}

interface Merge {
  readonly words: readonly string[];
  readonly later: TextSide;
  readonly edits: Readonly<Record<TextSide, readonly Edit[]>>;
}

/** A stretch of the base that one side changed, or both. */
interface Meeting {
  readonly from: number;
  to: number;
  readonly left: Edit[];
  readonly right: Edit[];
}

/** What is put in before a word does not touch a change of that word. */
function meetingsOf({ left, right }: Merge['edits']): Meeting[] {
  const all = [
    ...left.map((edit) => ({ edit, side: 'left' as const })),
    ...right.map((edit) => ({ edit, side: 'right' as const })),
  ].sort((one, other) => one.edit.from - other.edit.from || lengthOf(one.edit) - lengthOf(other.edit));
  const meetings: Meeting[] = [];
  for (const { edit, side } of all) {
    const open = meetings.at(-1);
    const sameSpot =
      open !== undefined && open.from === open.to && edit.from === edit.to && edit.from === open.from;
    if (open === undefined || !(edit.from < open.to || sameSpot)) {
      const { from, to } = edit;
      meetings.push({ from, to, left: [], right: [] });
    } else open.to = Math.max(open.to, edit.to);
    meetings.at(-1)![side].push(edit);
  }
  return meetings;
}

function settled({ words, later }: Merge, meeting: Meeting): readonly string[] {
  if (meeting.right.length === 0) return applied(words, meeting, meeting.left);
  if (meeting.left.length === 0) return applied(words, meeting, meeting.right);
  const left = applied(words, meeting, meeting.left);
  const right = applied(words, meeting, meeting.right);
  if (left.length === right.length && left.every((part, at) => part === right[at])) return left;
  if (meeting.from === meeting.to) return later === 'left' ? [...right, ...left] : [...left, ...right];
  return later === 'left' ? left : right;
}

function applied(words: readonly string[], { from, to }: Meeting, edits: readonly Edit[]): string[] {
  const out: string[] = [];
  let at = from;
  for (const edit of edits) {
    for (; at < edit.from; at++) out.push(words[at]!);
    for (const part of edit.parts) out.push(part);
    at = edit.to;
  }
  for (; at < to; at++) out.push(words[at]!);
  return out;
}

const lengthOf = ({ from, to }: Edit): number => to - from;

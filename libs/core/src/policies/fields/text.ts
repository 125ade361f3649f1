import { mergeTexts } from '../../text/three-way';
import { compareWrites, writeOf } from '../order';
import {
  combineShaped,
  type FieldRuleKind,
  type NoOptions,
  TAKE_INCOMING,
  TAKE_STORED,
  takeLaterField,
} from './field-rule';

/** Words that either side changed are changed; of words that both changed, the later write's stand. */
export const text: FieldRuleKind<NoOptions> = {
  // Three texts met two by two can end in different ones: what was put in first is by then part of what is met.
  orderFree: false,
  readOptions: () => ({}),
  merge(conflict) {
    // Without a text to start from there is nothing that tells what either side changed.
    if (typeof conflict.base !== 'string') return takeLaterField(conflict);
    return combineShaped(conflict, stringOf, (base, stored, incoming) => {
      if (base === null || stored === incoming) return takeLaterField(conflict);
      const { storedStamp, incomingStamp, windowMs } = conflict;
      const isLater = compareWrites(writeOf(incomingStamp, false), writeOf(storedStamp, false), windowMs) > 0;
      const merged = mergeTexts(base, stored, incoming, isLater ? 'right' : 'left');
      if (merged === stored) return TAKE_STORED;
      if (merged === incoming) return TAKE_INCOMING;
      return { take: 'merged', text: JSON.stringify(merged), elements: null };
    });
  },
};

function stringOf(json: string): string | null {
  if (!json.startsWith('"')) return null;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

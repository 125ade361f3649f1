import type { CommittedOperations } from './history';
import type { Version } from './ids';
import type { Kept, Sibling } from './records';
import { decodeUtf8, encodeUtf8 } from './utf8';

/*
 * How stores write what a record holds beside its payload: the length of a text of JSON in four bytes, the text, and
 * behind it contents of any bytes, whose lengths the text tells.
 */

type SiblingFacts = Omit<Sibling, 'payload' | 'deleted'>;

type KeptFacts =
  | { readonly kind: 'siblings'; readonly siblings: readonly SiblingFacts[] }
  | { readonly kind: 'data'; readonly type: string; readonly from: readonly Version[] };

export function encodeKept(kept: Kept): Uint8Array {
  if (kept.kind === 'data') {
    const { kind, type, state, recent } = kept;
    const facts = { kind, type, from: recent.map(({ from }) => from) } satisfies KeptFacts;
    return written(facts, [state, ...recent.map(({ operations }) => operations)]);
  }
  const facts = kept.siblings.map(({ payload: _payload, deleted: _deleted, ...stamp }) => stamp);
  const contents = kept.siblings.map(({ payload }) => payload);
  return written({ kind: 'siblings', siblings: facts } satisfies KeptFacts, contents);
}

export function decodeKept(bytes: Uint8Array): Kept {
  const { facts, contents } = read<KeptFacts>(bytes);
  if (facts.kind === 'data') {
    const { kind, type } = facts;
    const recent = facts.from.map((from, at) => ({ from, operations: contents[at + 1]! }));
    return { kind, type, state: contents[0]!, recent };
  }
  const siblings = facts.siblings.map((stamp, at): Sibling => {
    const payload = contents[at]!;
    return { ...stamp, payload, deleted: payload === null };
  });
  return { kind: 'siblings', siblings };
}

/** What was sent is written only where it is not what was committed. */
export function encodeOperations({ type, committed, sent }: CommittedOperations): Uint8Array {
  return written({ type }, [committed, sent === committed ? null : sent]);
}

export function decodeOperations(bytes: Uint8Array): CommittedOperations {
  const { facts, contents } = read<{ readonly type: string }>(bytes);
  const committed = contents[0]!;
  return { type: facts.type, committed, sent: contents[1] ?? committed };
}

const LENGTH_BYTES = 4;

interface Text<Facts> {
  readonly facts: Facts;
  /** Of the contents, in their order; null for none. */
  readonly lengths: readonly (number | null)[];
}

function written<Facts>(facts: Facts, contents: readonly (Uint8Array | null)[]): Uint8Array {
  const lengths = contents.map((content) => content?.length ?? null);
  const text = encodeUtf8(JSON.stringify({ facts, lengths } satisfies Text<Facts>));
  const total = contents.reduce((sum, content) => sum + (content?.length ?? 0), LENGTH_BYTES + text.length);
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, LENGTH_BYTES);
  let at = LENGTH_BYTES + text.length;
  for (const content of contents) {
    if (content === null) continue;
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

function read<Facts>(bytes: Uint8Array): { facts: Facts; contents: (Uint8Array | null)[] } {
  const textBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  let at = LENGTH_BYTES + textBytes;
  const { facts, lengths } = JSON.parse(decodeUtf8(bytes.subarray(LENGTH_BYTES, at))) as Text<Facts>;
  const contents = lengths.map((length) => (length === null ? null : bytes.subarray(at, (at += length))));
  return { facts, contents };
}

import * as Y from 'yjs';

/** At a place in one of the texts of a document: characters that go, then some that come. */
export interface Edit {
  readonly text: string;
  readonly at: number;
  readonly delete?: number;
  readonly insert?: string;
}

const BASE_CLIENT = 1;

/** The same texts give the same bytes, so that devices begin with the same document. */
export function yjsDocument(texts: Readonly<Record<string, string>>): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = BASE_CLIENT;
  for (const [name, text] of Object.entries(texts)) doc.getText(name).insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

/** What a device sends that edits such a document: only what is new. */
export function yjsUpdate(
  texts: Readonly<Record<string, string>>,
  device: string,
  edits: readonly Edit[],
): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = BASE_CLIENT + device.charCodeAt(0);
  Y.applyUpdate(doc, yjsDocument(texts));
  const before = Y.encodeStateVector(doc);
  for (const { text, at, delete: length = 0, insert = '' } of edits) {
    doc.getText(text).delete(at, length);
    doc.getText(text).insert(at, insert);
  }
  return Y.encodeStateAsUpdate(doc, before);
}

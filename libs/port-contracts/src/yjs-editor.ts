import * as Y from 'yjs';

/** A document of Yjs as an application edits it on one device: one text, and each edit gives the update to push. */
export interface YjsEditor {
  readonly doc: Y.Doc;
  take(update: Uint8Array): void;
  text(): string;
  /** Places are counted from 0, and again from the beginning where the text has ended. */
  insert(at: number, text: string): Uint8Array;
}

export function yjsEditor(client: number): YjsEditor {
  const doc = new Y.Doc();
  doc.clientID = client;
  const body = doc.getText('body');
  return {
    doc,
    take: (update) => Y.applyUpdate(doc, update),
    text: () => body.toJSON(),
    insert(at, text) {
      const before = Y.encodeStateVector(doc);
      body.insert(at % (body.length + 1), text);
      return Y.encodeStateAsUpdate(doc, before);
    },
  };
}

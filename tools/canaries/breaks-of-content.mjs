/** Of the rules for what is more than one payload, for shapes, and for what persons and resolvers decide. */
const core = (file) => `libs/core/src/${file}`;

export const BREAKS_OF_CONTENT = [
  {
    name: 'a content that was not seen goes',
    file: core('merge/siblings.ts'),
    find: '.filter((sibling) => !replaces(change, device, sibling));',
    replace: '.filter((sibling) => !replaces(change, device, sibling) && sibling.number % 2 === 0);',
  },
  {
    name: 'the contents that a change names are not the ones that go',
    file: core('merge/siblings.ts'),
    find: 'if (named.length > 0)',
    replace: 'if (named.length > 1_000)',
  },
  {
    name: 'a content stays beside the next one of its device',
    file: core('merge/siblings.ts'),
    find: 'return isOwn || gotIt || inView;',
    replace: 'return gotIt || inView;',
  },
  {
    name: 'a content that an own change has hidden counts as seen',
    file: core('merge/siblings.ts'),
    find: 'const inView = change.after === 0 && ',
    replace: 'const inView = ',
  },
  {
    name: 'several contents are not told to devices',
    file: core('records.ts'),
    find: 'return kept === null ? image : { ...image, kept };',
    replace: 'return image;',
  },
  {
    name: 'the state of a document is not kept',
    file: core('merge/operations.ts'),
    find: "kept: { kind: 'data', type, state: merged.state, recent: [] },",
    replace:
      "kept: { kind: 'data', type, state: change.number % 2 === 0 ? merged.state : null, recent: [] },",
  },
  {
    name: 'operations are applied as they came',
    file: core('merge/bridge.ts'),
    find: 'committed = moved;',
    replace: 'committed = moved.length > 0 ? committed : moved;',
  },
  {
    name: 'devices are told operations as they were sent',
    file: core('merge/operations.ts'),
    find: 'recentWith(stored!, committed, payload.length)',
    replace: 'recentWith(stored!, sent, payload.length)',
  },
  {
    name: 'what cannot be transformed any more is given up',
    file: 'libs/policies/src/ot/operational-transform.ts',
    find: 'return lateResolutions[rule.late];',
    replace: 'return lateResolutions.stored;',
  },
  {
    name: 'a device of an old shape wipes out what it does not know of',
    file: core('merge/shape.ts'),
    find: 'under === null\n      ? shapes.convert',
    replace: 'under === null || change.number > 0\n      ? shapes.convert',
  },
  {
    name: 'a device of an old shape is given the new one',
    file: core('shaped-entries.ts'),
    find: 'if (row.schemaVersion === wanted) return entry;',
    replace: 'if (row.schemaVersion >= wanted) return entry;',
  },
  {
    name: 'live updates go out in the shape that they were written in',
    file: core('delta.ts'),
    find: '  if (entries.some((entry) => isAhead(entry, reader.schemaVersions))) return false;\n',
    replace: '',
  },
  {
    name: 'who decides for the device decides the other way',
    file: 'libs/flows/src/conflict-choice.ts',
    find: "return sideChosen('incoming', contents.incoming, entry.incoming);",
    replace: "return sideChosen('incoming', contents.stored, entry.incoming);",
  },
  {
    name: 'a person decides on what has changed meanwhile',
    file: 'libs/flows/src/decide-conflicts.ts',
    find: "if (seenVersion !== null && seenVersion !== standing) return refused('CHANGED_MEANWHILE');",
    replace: '',
  },
  {
    name: 'a record is restored over what nobody saw',
    file: 'libs/flows/src/restore-record.ts',
    find: "if (seenVersion !== null && seenVersion !== (stored?.version ?? 0)) return refused('CHANGED_MEANWHILE');",
    replace: '',
  },
];

import { creates, operates, updates } from '@syncline/client-node';
import { decodeUtf8, encodeUtf8, type Kept } from '@syncline/core';
import { CRDT_ENGINES, OT_TYPES } from '@syncline/policies';
import * as Y from 'yjs';
import { type Office, openOffice } from './office';
import { type Member, newMember } from './pool';
import { faultsAtRest, isAtRest, rest } from './rest';
import { type Stack, startStack } from './stack';

const START_MS_MAX = 180_000;
const TEST_MS_MAX = 60_000;
const SPACE = 'desk';
const dataTypes = { engines: CRDT_ENGINES, types: OT_TYPES };

let stack: Stack;
let office: Office;

beforeAll(async () => {
  stack = await startStack({ counts: { gateway: 2, merge: 2, delta: 1 } });
  office = openOffice(stack);
  await office.createSpace(SPACE);
  await office.declare(SPACE, { collection: 'pages', json: true, crdt: { engine: 'yjs' } });
  const operationalTransform = { type: 'text', late: 'LATE_OPERATIONS_STORED' };
  await office.declare(SPACE, { collection: 'lines', json: true, operationalTransform });
  await office.declare(SPACE, { collection: 'choices', json: true, multiValue: { siblingsMax: 4 } });
}, START_MS_MAX);

afterAll(async () => {
  await stack.close();
}, START_MS_MAX);

async function join(name: string, withTypes = true): Promise<Member> {
  const claims = { spaces: { [SPACE]: 'owner' } };
  const member = newMember(stack, name, { claims, ...(withTypes ? { config: { dataTypes } } : {}) });
  member.device().follow(SPACE);
  member.device().goOnline();
  await rest([member], SPACE);
  return member;
}

const shown = (member: Member, collection: string, id: string): unknown => {
  const record = member.device().get(SPACE, collection, id);
  return record === null ? null : JSON.parse(decodeUtf8(record.payload));
};

const kept = (member: Member, collection: string, id: string): Kept | undefined =>
  member.device().get(SPACE, collection, id)?.kept;

/** All of them show this, and nothing waits any more. */
const allShow = (members: readonly Member[], collection: string, id: string, content: unknown) =>
  Promise.all(
    members.map((member) =>
      member.device().waitFor(JSON.stringify(content), () => {
        const isThere = JSON.stringify(shown(member, collection, id)) === JSON.stringify(content);
        return isThere && isAtRest(member, SPACE);
      }),
    ),
  );

test(
  'a document is edited on two devices at once, one of them offline, and a third one without the engine reads it',
  async () => {
    const [phone, laptop] = [await join('phone'), await join('laptop')];
    const plain = await join('plain', false);
    const docs = [phone, laptop].map((member, at) => {
      const doc = new Y.Doc();
      doc.clientID = at + 1;
      return (index: number, text: string) => {
        const held = kept(member, 'pages', 'p');
        if (held?.kind === 'data' && held.state !== null) Y.applyUpdate(doc, held.state);
        const before = Y.encodeStateVector(doc);
        doc.getText('body').insert(index, text);
        member.device().change(SPACE, operates('pages', 'p', 'yjs', Y.encodeStateAsUpdate(doc, before)));
      };
    });
    docs[0]!(0, 'hello');
    await allShow([phone, laptop, plain], 'pages', 'p', { body: 'hello' });
    laptop.device().goOffline();
    docs[1]!(5, ' world');
    docs[0]!(0, 'oh, ');
    await rest([phone], SPACE);
    laptop.device().goOnline();
    await allShow([phone, laptop, plain], 'pages', 'p', { body: 'oh, hello world' });
    expect(await faultsAtRest(stack, SPACE, [phone, laptop, plain])).toEqual([]);
    const later = await join('later');
    expect(kept(later, 'pages', 'p')).toEqual(kept(phone, 'pages', 'p'));
    for (const member of [phone, laptop, plain, later]) member.end();
  },
  TEST_MS_MAX,
);

test(
  'operations of two devices are transformed past each other, also those of a chain made offline',
  async () => {
    const [pen, pencil] = [await join('pen'), await join('pencil')];
    const insert = (at: number, text: string) =>
      operates('lines', 'l', 'text', encodeUtf8(JSON.stringify(at === 0 ? [text] : [at, text])));
    pen.device().change(SPACE, creates('lines', 'l', encodeUtf8('"hello"')));
    await allShow([pen, pencil], 'lines', 'l', 'hello');
    pencil.device().goOffline();
    pencil.device().change(SPACE, insert(5, ' world'));
    pencil.device().change(SPACE, insert(11, '!'));
    pen.device().change(SPACE, insert(0, 'oh, '));
    await rest([pen], SPACE);
    expect(shown(pencil, 'lines', 'l')).toBe('hello world!');
    pencil.device().goOnline();
    await allShow([pen, pencil], 'lines', 'l', 'oh, hello world!');
    const listed = await office.call('ConflictService/ListConflicts', {
      space: SPACE,
      filter: { collections: ['lines', 'pages'] },
    });
    expect([listed.status, listed.body]).toEqual([200, {}]);
    expect(await faultsAtRest(stack, SPACE, [pen, pencil])).toEqual([]);
    for (const member of [pen, pencil]) member.end();
  },
  TEST_MS_MAX,
);

test(
  'contents that nobody has chosen between are all there on every device, until somebody does',
  async () => {
    const [red, blue] = [await join('red'), await join('blue')];
    red.device().change(SPACE, creates('choices', 'c', { by: 'nobody' }));
    await allShow([red, blue], 'choices', 'c', { by: 'nobody' });
    blue.device().goOffline();
    blue.device().change(SPACE, updates('choices', 'c', { by: 'blue' }));
    red.device().change(SPACE, updates('choices', 'c', { by: 'red' }));
    await rest([red], SPACE);
    blue.device().goOnline();
    const both = (member: Member) => {
      const held = kept(member, 'choices', 'c');
      return held?.kind === 'siblings' ? held.siblings.map(({ payload }) => decodeUtf8(payload!)).sort() : [];
    };
    for (const member of [red, blue]) {
      await member.device().waitFor('both', () => both(member).length === 2 && isAtRest(member, SPACE));
      expect(both(member)).toEqual(['{"by":"blue"}', '{"by":"red"}']);
    }
    const listed = await office.call('ConflictService/ListConflicts', {
      space: SPACE,
      filter: { collections: ['choices'] },
    });
    expect(listed.body).toMatchObject({
      conflicts: [{ state: 'CONFLICT_STATE_OPEN', resolution: 'RESOLUTION_BOTH' }],
    });
    const { id } = (listed.body as { conflicts: [{ id: string }] }).conflicts[0];
    const decision = { keepIncoming: {} };
    const decided = await office.call('ConflictService/ResolveConflict', { space: SPACE, id, decision });
    expect(decided.status).toBe(200);
    await allShow([red, blue], 'choices', 'c', { by: 'blue' });
    expect(kept(red, 'choices', 'c')).toBeUndefined();
    expect(await faultsAtRest(stack, SPACE, [red, blue])).toEqual([]);
    for (const member of [red, blue]) member.end();
  },
  TEST_MS_MAX,
);

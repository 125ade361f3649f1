import { encodeUtf8, refusal, type SpaceId, type UserId } from '@syncline/core';
import type { Edit } from './inputs';
import { TestDevice } from './testing/device';
import { FakeServer } from './testing/server';
import { pendingChanges } from './view';

const HOME = 'home' as SpaceId;
const note = (id: string): Edit => ({
  kind: 'create',
  collection: 'notes' as Edit['collection'],
  id: id as Edit['id'],
  payload: encodeUtf8('{}'),
});

/** A device of the user `ann` with one change to send, at a server that takes its token for another user's. */
function mixedUp() {
  const server = new FakeServer(HOME);
  const device = new TestDevice('ann', server);
  device.input({ kind: 'follow', space: HOME });
  device.input({ kind: 'change', space: HOME, edits: [note('r1')] });
  server.user = 'bob' as UserId;
  device.input({ kind: 'go-online' });
  device.receiveAll();
  return { server, device };
}

test('a session of another user ends before anything is pushed or taken over', () => {
  const { server, device } = mixedUp();
  expect(device.noticesOf('other-user')).toEqual([{ kind: 'other-user', owner: 'ann', user: 'bob' }]);
  expect(device.noticesOf('stopped')).toMatchObject([
    { space: null, refusal: { reason: 'DEVICE_OF_OTHER_USER' } },
  ]);
  expect(device.state.connection).toMatchObject({ status: 'stopped', token: null });
  expect(device.sent.map(({ kind }) => kind)).toEqual(['hello', 'subscribe', 'goodbye']);
  expect(server.truth.state.head).toBe(0);
  expect(pendingChanges(device.state, HOME)).toHaveLength(1);
  expect(device.timers.has('retry')).toBe(false);
});

test('what comes after that on the same connection is passed over', () => {
  const { device } = mixedUp();
  const { id } = device.state.connection;
  device.input({
    kind: 'message',
    connection: id - 1,
    message: {
      kind: 'subscribed',
      space: HOME,
      head: 0,
      mode: 'bidirectional',
      lastNumber: 0,
      epoch: 1,
      mismatched: [],
      tag: 1,
    },
  });
  expect(device.sentOf('push')).toEqual([]);
});

test('a token of the owner goes on where the other one was stopped', () => {
  const { server, device } = mixedUp();
  server.user = null;
  device.input({ kind: 'token', token: 'the owner’s' });
  device.receiveAll();
  expect(device.state.connection.status).toBe('open');
  expect(device.sentOf('hello').at(-1)).toMatchObject({ token: 'the owner’s', resume: null });
  expect(server.truth.state.head).toBe(1);
  expect(pendingChanges(device.state, HOME)).toEqual([]);
});

test('a store that another user left behind is not synced, whoever is signed in', () => {
  const server = new FakeServer(HOME);
  const ann = new TestDevice('ann', server);
  ann.input({ kind: 'follow', space: HOME });
  ann.input({ kind: 'change', space: HOME, edits: [note('r1')] });
  const bob = new TestDevice('bob', server);
  bob.input({ kind: 'restored', stored: ann.store.load() });
  bob.input({ kind: 'go-online' });
  bob.receiveAll();
  expect(bob.noticesOf('other-user')).toEqual([{ kind: 'other-user', owner: 'ann', user: 'bob' }]);
  expect(bob.state.connection.status).toBe('stopped');
  expect(server.truth.state.head).toBe(0);
});

test('what a server itself refuses for its user is mended by another token, too', () => {
  const { server, device } = mixedUp();
  server.user = null;
  device.input({ kind: 'token', token: 'good' });
  device.receiveAll();
  const refused = refusal('DEVICE_OF_OTHER_USER');
  device.message({ kind: 'refusal', space: null, about: null, refusal: refused, closing: true });
  expect(device.state.connection.status).toBe('stopped');
  device.input({ kind: 'token', token: 'better' });
  device.receiveAll();
  expect(device.state.connection.status).toBe('open');
});

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  Checkpoint,
  DeviceMessage,
  Mode,
  Page,
  PushRequest,
  ServerMessage,
  Subscribe,
  VectorClock,
} from './index';

const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));

describe('the generated code', () => {
  test('a page encoded once can be given a cursor behind its bytes', () => {
    const shared = Page.encode(
      Page.create({ space: 'home', fromVersion: 6, toVersion: 7, live: true, entryCount: 1 }),
    ).finish();
    const cursor = Page.encode(Page.create({ cursor: utf8('here') })).finish();
    const page = Page.decode(Buffer.concat([shared, cursor]));
    expect(page).toMatchObject({ space: 'home', toVersion: 7, live: true, entryCount: 1 });
    expect(Buffer.from(page.cursor).toString()).toBe('here');
  });

  test('a server message is the tag of its kind, the length, and the bytes of the page', () => {
    const page = Page.encode(Page.create({ space: 'home', toVersion: 7 })).finish();
    const message = ServerMessage.decode(
      new BinaryWriter()
        .uint32((4 << 3) | 2)
        .bytes(page)
        .finish(),
    );
    expect(message.message).toMatchObject({ $case: 'page', page: { space: 'home', toVersion: 7 } });
  });

  test('an hour in the year 2248 still is a safe integer, and what is not safe throws', () => {
    const clock = VectorClock.create({ server: Number.MAX_SAFE_INTEGER, devices: new Map([['phone', 3]]) });
    expect(VectorClock.decode(VectorClock.encode(clock).finish())).toEqual(clock);
    const beyond = new BinaryWriter()
      .uint32((2 << 3) | 0)
      .uint64(2n ** 53n)
      .finish();
    expect(() => VectorClock.decode(beyond)).toThrow('MAX_SAFE_INTEGER');
  });

  test('a message of a kind that is not known yet decodes as one without a kind', () => {
    const newer = new BinaryWriter()
      .uint32((30 << 3) | 2)
      .bytes(utf8('x'))
      .finish();
    expect(DeviceMessage.decode(newer).message).toBeUndefined();
  });

  test('JSON takes names in either spelling and numbers as text', () => {
    const request = PushRequest.fromJSON({
      caller: { device: 'phone' },
      push: {
        space: 'home',
        changes: [
          { number: '1', collection: 'rooms', id: 'r1', base_version: '0', create: { payload: 'e30=' } },
        ],
      },
    });
    const push = request.body?.$case === 'push' ? request.body.push : undefined;
    expect(push?.changes[0]).toMatchObject({ number: 1, baseVersion: 0, kind: { $case: 'create' } });
    expect(Checkpoint.toJSON(Checkpoint.create({ space: 'home', version: 9 }))).toEqual({
      space: 'home',
      version: 9,
    });
    expect(Subscribe.fromJSON({ mode: 'MODE_CHECK_ONLY' }).mode).toBe(Mode.CHECK_ONLY);
    expect(() => Subscribe.fromJSON({ mode: 'MODE_SIDEWAYS' })).toThrow('MODE_SIDEWAYS');
  });

  test('a name that JavaScript gives a meaning to is a key like any other', () => {
    const clock = VectorClock.create({ devices: new Map([['__proto__', 5]]) });
    expect(VectorClock.decode(VectorClock.encode(clock).finish()).devices.get('__proto__')).toBe(5);
    expect(JSON.stringify(VectorClock.toJSON(clock))).toBe('{"devices":{"__proto__":5}}');
  });
});

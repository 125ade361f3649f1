import { type Answer, type DeviceId, granted, type Refusal, refusal, refused } from '@syncline/core';
import type { Clock, IntegrityKey, TenantDevice, Tokens } from '@syncline/ports';
import {
  helloIntegrity,
  type Signed,
  signedFromDevice,
  signedToServerMessage,
  welcomedSession,
} from '@syncline/wire';
import { helloTooLarge } from '../session/hello-bytes';
import type { OpenSession, SessionInlet, SessionStream } from '../session/stream';
import { isMessageCode, messageCode } from './message-code';

export interface SignedSessionsDeps {
  readonly tokens: Tokens;
  readonly clock: Clock;
  /** The key that a device was given; null for none. */
  integrityKey(device: TenantDevice): Promise<IntegrityKey | null>;
  /** Something failed that has nothing to do with the device. */
  failed(error: unknown): void;
}

/**
 * Sessions whose messages carry codes, for devices whose Hello comes with one; what the session itself sees and says has
 * none. All other sessions pass through as they are.
 */
export function signedSessions(open: OpenSession, deps: SignedSessionsDeps): OpenSession {
  return (stream) => {
    const codes: Codes = { key: null, session: '', received: 0, sent: 0, isSessionNamed: false };
    const reading = readingOf(stream);
    const inlet = open(signing(stream, codes, reading));
    return checking(deps, stream, codes, reading, inlet);
  };
}

/** What both directions know. Without a key, messages carry no codes. */
interface Codes {
  key: IntegrityKey | null;
  /** Empty until Welcome. */
  session: string;
  received: number;
  sent: number;
  /** The device knows the session; until then its codes cannot name it. */
  isSessionNamed: boolean;
}

function signing(stream: SessionStream, codes: Codes, reading: Reading): SessionStream {
  return {
    ...stream,
    send(bytes, flushed) {
      const { key } = codes;
      if (key === null) return stream.send(bytes, flushed);
      if (codes.session === '') codes.session = welcomedSession(bytes) ?? '';
      const sequence = ++codes.sent;
      const place = { signer: 'server', session: codes.session, sequence } as const;
      const mac = messageCode(key.bytes, place, bytes);
      stream.send(signedToServerMessage({ message: bytes, keyId: key.id, sequence, mac }), flushed);
    },
    pauseReading: () => reading.pause('session'),
    resumeReading: () => reading.resume('session'),
  };
}

type Reader = 'session' | 'key';

/** The device is listened to while neither the session nor the look for its key wants it held back. */
interface Reading {
  pause(reader: Reader): void;
  resume(reader: Reader): void;
}

function readingOf(stream: SessionStream): Reading {
  const held = new Set<Reader>();
  return {
    pause(reader) {
      held.add(reader);
      stream.pauseReading();
    },
    resume(reader) {
      held.delete(reader);
      if (held.size === 0) stream.resumeReading();
    },
  };
}

function checking(
  deps: SignedSessionsDeps,
  stream: SessionStream,
  codes: Codes,
  reading: Reading,
  inlet: SessionInlet,
): SessionInlet {
  /** What came while the key was being looked for; null while it is not. */
  let waiting: (() => void)[] | null = null;
  let isFirst = true;
  const pass = (message: Answer<Uint8Array>): void => {
    if (message.ok) inlet.receive(message.value);
    else inlet.refuse(message.refusal);
  };
  const inTurn = (task: () => void): void => {
    if (waiting === null) task();
    else waiting.push(task);
  };
  const begin = (bytes: Uint8Array): void => {
    isFirst = false;
    const tooLarge = helloTooLarge(bytes.length);
    if (tooLarge !== null) return inlet.refuse(tooLarge);
    const first = firstMessage(stream, bytes);
    if (!first.ok) return inlet.refuse(first.refusal);
    if (first.value === null) return inlet.receive(bytes);
    waiting = [];
    reading.pause('key');
    void withKey(deps, codes, first.value).then((hello) => {
      const came = waiting ?? [];
      waiting = null;
      pass(hello);
      for (const task of came) task();
      reading.resume('key');
    });
  };
  const receive = (bytes: Uint8Array): void => {
    if (isFirst) begin(bytes);
    else pass(codes.key === null ? granted(bytes) : checkedMessage(codes, codes.key, bytes));
  };
  return {
    receive: (bytes) => inTurn(() => receive(bytes)),
    refuse: (why: Refusal) => inTurn(() => inlet.refuse(why)),
    finished: () => inTurn(() => inlet.finished()),
    // There is nobody left whose messages could have to wait.
    closed: () => inlet.closed(),
  };
}

interface SignedHello {
  readonly device: DeviceId;
  readonly token: string;
  readonly signed: Signed;
}

/** Null where no codes are used; whatever else is wrong with a first message, the session says itself. */
function firstMessage(stream: SessionStream, bytes: Uint8Array): Answer<SignedHello | null> {
  const read = signedFromDevice(bytes);
  if (!read.ok) return granted(null);
  const signed = read.value;
  const hello = helloIntegrity(signed?.message ?? bytes);
  if (!hello.ok) return hello;
  if (signed === null) return hello.value === null || hello.value.keyId === '' ? granted(null) : NOT_SIGNED;
  if (hello.value === null) return refused('WRONG_ORDER', { message: 'Hello comes first.' });
  const { device, token, keyId } = hello.value;
  if (keyId !== signed.keyId) return WRONG_KEY;
  return granted({ device: device as DeviceId, token: token === '' ? (stream.token ?? '') : token, signed });
}

async function withKey(
  deps: SignedSessionsDeps,
  codes: Codes,
  { device, token, signed }: SignedHello,
): Promise<Answer<Uint8Array>> {
  try {
    const verified = await deps.tokens.verify(token, deps.clock.nowMs());
    if (!verified.ok) return verified;
    const key = await deps.integrityKey({ tenant: verified.identity.tenant, device });
    if (key === null || key.id !== signed.keyId) return refused('KEY_NOT_FOUND');
    codes.key = key;
    return checkedMessage(codes, key, signed);
  } catch (error) {
    deps.failed(error);
    return refused('UNAVAILABLE', { retryAfterMs: 1_000 });
  }
}

const NOT_SIGNED = refused('CAPABILITY_REQUIRED', {
  message: 'Hello names a key, so it has to be signed with it, like all messages that follow.',
});
const WRONG_KEY = refused('INVALID_ARGUMENT', { message: 'The key is not the one that Hello names.' });

/** The message inside, if its code is right and it is the next one. */
function checkedMessage(codes: Codes, key: IntegrityKey, given: Uint8Array | Signed): Answer<Uint8Array> {
  const read = given instanceof Uint8Array ? signedFromDevice(given) : granted(given);
  if (!read.ok) return read;
  const signed = read.value;
  if (signed === null) return NOT_SIGNED;
  if (signed.keyId !== key.id) return WRONG_KEY;
  if (!isRight(codes, key, signed))
    return refused('CORRUPTION', { message: 'The code of the message is wrong.' });
  const expected = codes.received + 1;
  if (signed.sequence !== expected) {
    const facts = { expected: String(expected), got: String(signed.sequence) };
    return {
      ok: false,
      refusal: refusal('WRONG_ORDER', { message: 'A message is missing, or came twice.', facts }),
    };
  }
  codes.received = expected;
  return granted(signed.message);
}

/** What a device sends before it has read Welcome cannot name the session; after the first message that does, all have to. */
function isRight(codes: Codes, key: IntegrityKey, { message, mac, sequence }: Signed): boolean {
  const matches = (session: string): boolean =>
    isMessageCode(mac, key.bytes, { signer: 'device', session, sequence }, message);
  if (codes.session !== '' && matches(codes.session)) {
    codes.isSessionNamed = true;
    return true;
  }
  return !codes.isSessionNamed && matches('');
}

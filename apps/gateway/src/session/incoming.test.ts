import { DEFAULT_LIMITS, newSession, sessionId, startPace } from '@syncline/core';
import { hmacCursorKeys } from '@syncline/memory';
import { manualTime } from '@syncline/port-contracts';
import { DeviceMessage } from '@syncline/proto';
import { createMetrics } from '@syncline/telemetry';
import { deviceMessageToProto, encode } from '@syncline/wire';
import { HELLO } from '../gateway.test-fixtures';
import { gatewayMetrics } from '../gateway-metrics';
import { deviceSession } from './device-session';
import { readMessage } from './incoming';
import type { SessionStream } from './stream';

const limits = DEFAULT_LIMITS;
const traceparent = (n: number) => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`;
const metrics = gatewayMetrics(createMetrics({ withProcess: false }));
const read = readMessage({ limits, metrics, clock: manualTime() });

/** A session whose call named one, after a Hello that named another. */
function traceOf(ofCall: string, ofHello: string): string {
  const keys = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
  const setup = { limits, keys, capabilities: [], newSession: sessionId('s'), openedAtMs: 0 };
  const stream = { traceparent: ofCall } as SessionStream;
  const session = deviceSession(newSession(setup, startPace(limits)), stream, new WeakMap(), 0);
  const { message } = deviceMessageToProto(HELLO);
  if (message?.$case !== 'hello') throw new TypeError('a hello is a hello');
  const hello = { ...message.hello, traceparent: ofHello };
  read(session, encode(DeviceMessage, { message: { $case: 'hello', hello } }));
  return session.traceparent;
}

test('the trace of a session is that of its Hello, or else that of its call', () => {
  expect(traceOf(traceparent(1), traceparent(2))).toBe(traceparent(2));
  expect(traceOf(traceparent(1), '')).toBe(traceparent(1));
});

test('what is no traceparent is not kept, and takes the place of none', () => {
  expect(traceOf(traceparent(1), 'x'.repeat(10_000))).toBe(traceparent(1));
  expect(traceOf('x'.repeat(10_000), '')).toBe('');
});

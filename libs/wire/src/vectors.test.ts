import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Refusal } from '@syncline/core';
import { DeviceMessage, ServerMessage, Status } from '@syncline/proto';
import { deviceMessageFromBytes, deviceMessageToBytes } from './device-message';
import { encode } from './encoding';
import { serverMessageFromBytes, serverMessageToBytes } from './server-message';
import { refusalToStatus, statusToRefusal } from './status';

interface MessageVector {
  readonly name: string;
  readonly json: unknown;
  readonly hex: string;
}

interface StatusVector {
  readonly refusal: Refusal;
  readonly code: number;
  readonly hex: string;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(path.join(__dirname, '../vectors', file), 'utf8'));
const { messages: fromDevice } = read('device-messages.json') as { messages: MessageVector[] };
const { messages: fromServer } = read('server-messages.json') as { messages: MessageVector[] };
const { statuses } = read('statuses.json') as { statuses: StatusVector[] };

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

// Clients in other languages check the same files, so a change here changes the protocol.
describe('the messages that every client agrees on', () => {
  test.each(fromDevice)('a device sends: $name', ({ json, hex }) => {
    expect(toHex(encode(DeviceMessage, DeviceMessage.fromJSON(json)))).toBe(hex);
    expect(DeviceMessage.toJSON(DeviceMessage.decode(fromHex(hex)))).toEqual(json);
    const message = deviceMessageFromBytes(fromHex(hex));
    expect(message.ok && toHex(deviceMessageToBytes(message.value))).toBe(hex);
  });

  test.each(fromServer)('the server sends: $name', ({ json, hex }) => {
    expect(toHex(encode(ServerMessage, ServerMessage.fromJSON(json)))).toBe(hex);
    expect(ServerMessage.toJSON(ServerMessage.decode(fromHex(hex)))).toEqual(json);
    const message = serverMessageFromBytes(fromHex(hex));
    expect(message.ok && toHex(serverMessageToBytes(message.value))).toBe(hex);
  });

  test.each(statuses)('a call is refused: $refusal.reason', ({ refusal, code, hex }) => {
    const status = Status.decode(fromHex(hex));
    expect(status.code).toBe(code);
    expect(statusToRefusal(status)).toEqual(refusal);
    expect(toHex(encode(Status, refusalToStatus(refusal)))).toBe(hex);
  });
});

import type { Answer, DeviceMessage, ServerMessage } from '@syncline/core';
import { deviceMessageFromBytes, deviceMessageToBytes } from './device-message';
import { serverMessageFromBytes, serverMessageToBytes } from './server-message';

/** What arrives of a device's message: through the encoding and back, for worlds without a network. */
export function throughWire(message: DeviceMessage): DeviceMessage {
  return arrived(message.kind, deviceMessageFromBytes(deviceMessageToBytes(message)));
}

export function serverMessageThroughWire(message: ServerMessage): ServerMessage {
  return arrived(message.kind, serverMessageFromBytes(serverMessageToBytes(message)));
}

/** A message of one's own that does not arrive is a fault of the encoding, or of whoever made it. */
function arrived<Message>(kind: string, answer: Answer<Message>): Message {
  if (answer.ok) return answer.value;
  const { message, violations } = answer.refusal;
  const fields = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
  throw new TypeError(`a ${kind} does not pass the wire: ${fields === '' ? message : fields}`);
}

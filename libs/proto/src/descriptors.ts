import './base64-globals';
import { DEVICE_DESCRIPTORS } from './gen/descriptors';

/** The proto files of the protocol of devices and all that they import, each a `FileDescriptorProto`: for reflection. */
export function deviceDescriptors(): readonly Uint8Array[] {
  return DEVICE_DESCRIPTORS.map((text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
}

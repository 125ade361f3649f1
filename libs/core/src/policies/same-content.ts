import { sameBytes } from '../bytes';

interface Content {
  readonly payload: Uint8Array | null;
}

export function sameContent(left: Content, right: Content): boolean {
  if (left.payload === null || right.payload === null) return left.payload === right.payload;
  return sameBytes(left.payload, right.payload);
}

const SECRET_BYTES_MIN = 32;

/** A shorter secret than the hash it is used with could be found by trying. */
export function secretBytes(secret: string): Uint8Array {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < SECRET_BYTES_MIN) {
    throw new RangeError(`the token secret is shorter than ${SECRET_BYTES_MIN} bytes`);
  }
  return bytes;
}

const FIELD_FILE = 0x0a;

/** The files of a serialized `FileDescriptorSet`, each as it stands there: one field, repeated. */
export function compiledFiles(set) {
  const files = [];
  let at = 0;
  while (at < set.length) {
    if (set[at] !== FIELD_FILE) throw new Error(`byte ${at} does not begin a file`);
    const { value: length, next } = varint(set, at + 1);
    files.push(set.subarray(next, next + length));
    at = next + length;
  }
  return files;
}

function varint(bytes, from) {
  let value = 0;
  for (let at = from, scale = 1; ; at++, scale *= 128) {
    value += (bytes[at] & 0x7f) * scale;
    if (bytes[at] < 0x80) return { value, next: at + 1 };
  }
}

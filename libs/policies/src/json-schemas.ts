import { encodeUtf8, type JsonSchemaReader } from '@syncline/core';
import { readJsonSchema } from './json-schema';

const KEPT_MAX = 1_000;

/** Compiling a schema takes longer than checking a thousand payloads, so those that were used last are kept. */
export function jsonSchemas(): JsonSchemaReader {
  const kept = new Map<string, ReturnType<JsonSchemaReader>>();
  return (declared) => {
    const read = kept.get(declared) ?? readJsonSchema(encodeUtf8(declared));
    kept.delete(declared);
    kept.set(declared, read);
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
    return read;
  };
}

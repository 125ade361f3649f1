import { decodeUtf8, type OtPlace } from '@syncline/core';
import type { Json } from '../canonical-json';

/** Reads back what a type has written itself. */
export const written = (bytes: Uint8Array): Json => JSON.parse(decodeUtf8(bytes)) as Json;

/** The left side is the one whose value stands where only one can, and whose insert comes first. */
export const libraryPlace = { later: 'left', earlier: 'right' } as const satisfies Record<OtPlace, string>;

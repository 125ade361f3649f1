import type { Untaken } from '@syncline/core';

export const invalid = (detail: string): Untaken => ({ ok: false, reason: 'INVALID_PAYLOAD', detail });
export const tooLarge = (detail: string): Untaken => ({ ok: false, reason: 'RECORD_TOO_LARGE', detail });
export const dependencyMissing = (detail: string): Untaken => ({
  ok: false,
  reason: 'DEPENDENCY_MISSING',
  detail,
});

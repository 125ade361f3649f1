import { type SpaceKey, spaceOf, tenantOf } from '@syncline/core';

/**
 * `<prefix>.<what>.<tenant>.<space>`. A tenant is safe as it stands; a space may be any text, so it goes as base64url, of
 * at most 340 characters.
 */
export interface Subjects {
  ofSpace(what: string, space: SpaceKey): string;
  ofTenant(what: string, tenant: string): string;
  /** All tenants and spaces. */
  all(what: string): string;
}

export function subjectsUnder(prefix: string): Subjects {
  return {
    ofSpace: (what, space) => `${prefix}.${what}.${tenantOf(space)}.${tokenOf(spaceOf(space))}`,
    ofTenant: (what, tenant) => `${prefix}.${what}.${tenant}`,
    all: (what) => `${prefix}.${what}.>`,
  };
}

function tokenOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

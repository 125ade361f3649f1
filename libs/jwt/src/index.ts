export { claimsOf, type SpaceClaim, type TokenClaims } from './claims';
export * from './issue-token';
export * from './jwt-tokens';
export type { KeySetOptions } from './key-set';
export * from './sign-token';

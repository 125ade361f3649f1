import { CompactSign } from 'jose';
import type { TokenClaims } from './claims';
import { secretBytes } from './secret';

/** A token for development and tests, signed with the secret that the service verifies with. */
export async function signToken(secret: string, claims: TokenClaims): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(secretBytes(secret));
}

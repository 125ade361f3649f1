import { type CryptoKey, importJWK, type JWK } from 'jose';

export const PUBLIC_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export type PublicAlgorithm = (typeof PUBLIC_ALGORITHMS)[number];

export const isPublicAlgorithm = (name: unknown): name is PublicAlgorithm =>
  PUBLIC_ALGORITHMS.some((algorithm) => algorithm === name);

/** The key that a token was signed with must be of the kind that its algorithm is for, whatever the token says. */
const FITS: Record<PublicAlgorithm, (jwk: JWK) => boolean> = {
  RS256: ({ kty }) => kty === 'RSA',
  ES256: ({ kty, crv }) => kty === 'EC' && crv === 'P-256',
  EdDSA: ({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519',
};

export interface PublicKey {
  readonly kid: string | null;
  readonly algorithm: PublicAlgorithm;
  readonly key: CryptoKey | Uint8Array;
}

/** Null for a key that is none of ours: of another kind, for encryption, or not readable. */
export async function publicKeyOf(jwk: JWK): Promise<PublicKey | null> {
  const algorithm = PUBLIC_ALGORITHMS.find((each) => FITS[each](jwk));
  if (algorithm === undefined || !isForVerifying(jwk, algorithm)) return null;
  try {
    // A private key that someone put there by mistake verifies as its public part.
    const { kty, n, e, crv, x, y } = jwk;
    const publicPart = Object.fromEntries(
      Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined),
    );
    return { kid: jwk.kid ?? null, algorithm, key: await importJWK(publicPart as JWK, algorithm) };
  } catch {
    return null;
  }
}

function isForVerifying(jwk: JWK, algorithm: PublicAlgorithm): boolean {
  const namesAnother = jwk.alg !== undefined && jwk.alg !== algorithm && !isEdwards(jwk.alg, algorithm);
  const isForOther = jwk.use !== undefined && jwk.use !== 'sig';
  const cannotVerify = jwk.key_ops !== undefined && !jwk.key_ops.includes('verify');
  return !namesAnother && !isForOther && !cannotVerify;
}

/** RFC 9864 gives the algorithm the curve's name. */
const isEdwards = (name: string, algorithm: PublicAlgorithm) => algorithm === 'EdDSA' && name === 'Ed25519';

import { type Refusal, REASONS, refusal } from '@syncline/core';
import type { Tokens, Verified } from '@syncline/ports';
import { compactVerify, type CryptoKey, decodeProtectedHeader } from 'jose';
import { isPublicAlgorithm } from './algorithms';
import { ClaimProblem, identityIn, timeMs } from './claims';
import { type KeySetOptions, keySet } from './key-set';
import { secretBytes } from './secret';

export interface JwtTokensOptions {
  /** For HS256: a secret that issuer and service share. For development. */
  readonly secret?: string;
  /** For RS256, ES256 and EdDSA: where the issuer publishes its keys. */
  readonly keys?: KeySetOptions;
  /** What `iss` must be. */
  readonly issuer?: string;
  /** What `aud` must be or hold. */
  readonly audience?: string;
  /** By so much the clock of the issuer may be off: a token holds that much sooner and longer. */
  readonly clockToleranceMs?: number;
  readonly tokenBytesMax?: number;
}

const CLOCK_TOLERANCE_MS = 5_000;
const TOKEN_BYTES_MAX = 8 * 1024;
const TYPES = ['jwt', 'at+jwt', 'application/at+jwt', 'application/jwt'];

/** Thrown inside only. */
class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

type Key = CryptoKey | Uint8Array;

export function jwtTokens(options: JwtTokensOptions): Tokens {
  if (options.secret === undefined && options.keys === undefined) {
    throw new RangeError('tokens need a secret or a key set to be verified with');
  }
  const { clockToleranceMs = CLOCK_TOLERANCE_MS, tokenBytesMax = TOKEN_BYTES_MAX } = options;
  const secret = options.secret === undefined ? null : secretBytes(options.secret);
  const published = options.keys === undefined ? null : keySet(options.keys);

  /** What a token may be verified with follows from its algorithm alone: a secret is never used as a key or back. */
  const keyFor = async (algorithm: string, kid: string | null, nowMs: number): Promise<Key> => {
    if (algorithm === 'HS256' && secret !== null) return secret;
    if (!isPublicAlgorithm(algorithm) || published === null) throw bad('its algorithm is not accepted here');
    const found = await published.find(kid, algorithm, nowMs);
    if (found.kind === 'found') return found.key.key;
    if (found.kind === 'unknown') throw bad('it is signed with a key that is not known');
    throw new Refused(refusal('UNAVAILABLE', { retryAfterMs: found.retryAfterMs }));
  };

  const verify = async (token: string, nowMs: number): Promise<Verified> => {
    if (token.length > tokenBytesMax) throw bad(`it is longer than ${tokenBytesMax} bytes`);
    const { algorithm, kid } = headerOf(token);
    const claims = await claimsIn(token, await keyFor(algorithm, kid, nowMs), algorithm);
    checkParties(claims, options);
    const identity = identityIn(claims, clockToleranceMs);
    const fromMs = claims['nbf'] === undefined ? 0 : timeMs(claims['nbf'], 'nbf') - clockToleranceMs;
    if (nowMs < fromMs) throw bad('it does not hold yet', 'nbf');
    if (nowMs >= identity.expiresAtMs) throw new Refused(refusal('AUTH_EXPIRED'));
    return { ok: true, identity };
  };

  return {
    async verify(token, nowMs) {
      try {
        return await verify(token, nowMs);
      } catch (error) {
        if (error instanceof Refused) return { ok: false, refusal: error.refusal };
        if (error instanceof ClaimProblem) return { ok: false, refusal: claimRefusal(error) };
        throw error;
      }
    },
  };
}

function headerOf(token: string): { readonly algorithm: string; readonly kid: string | null } {
  const { alg, kid, typ, crit } = readHeader(token);
  if (typeof alg !== 'string' || crit !== undefined) throw bad('its header is not accepted here');
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.includes(typ.toLowerCase()))) {
    throw bad('it is a token of another type');
  }
  if (kid !== undefined && typeof kid !== 'string') throw bad('its header is not accepted here');
  return { algorithm: alg, kid: kid ?? null };
}

function readHeader(token: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw bad('it is not a JSON Web Token');
  }
}

async function claimsIn(token: string, key: Key, algorithm: string) {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) {
      return claims as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Signature, encoding or form: the sender can do the same about each.
  }
  throw bad('its signature or form is not valid');
}

function checkParties(claims: Readonly<Record<string, unknown>>, { issuer, audience }: JwtTokensOptions) {
  if (issuer !== undefined && claims['iss'] !== issuer) {
    throw new ClaimProblem('iss', 'is not the issuer that is trusted here');
  }
  const { aud } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audience !== undefined && !audiences.includes(audience)) {
    throw new ClaimProblem('aud', 'does not name this service');
  }
}

function bad(why: string, claim?: string): Refused {
  const message = `${REASONS.UNAUTHENTICATED} (${why})`;
  return new Refused(
    refusal('UNAUTHENTICATED', claim === undefined ? { message } : { message, facts: { claim } }),
  );
}

function claimRefusal({ claim, problem }: ClaimProblem): Refusal {
  return refusal('UNAUTHENTICATED', {
    message: `${REASONS.UNAUTHENTICATED} (the claim ${claim} ${problem})`,
    violations: [{ field: claim, description: problem }],
    facts: { claim },
  });
}

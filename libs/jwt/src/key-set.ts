import type { JWK } from 'jose';
import { type PublicAlgorithm, type PublicKey, publicKeyOf } from './algorithms';

export interface KeySetOptions {
  readonly url: string;
  /** So long fetched keys are taken as current. */
  readonly cacheMs?: number;
  /** So long the endpoint is left in peace after it was asked. */
  readonly cooldownMs?: number;
  readonly fetchWithinMs?: number;
  /** Told when keys cannot be fetched; those fetched before go on being used. */
  readonly onProblem?: (problem: string) => void;
}

export type FoundKey =
  | { readonly kind: 'found'; readonly key: PublicKey }
  | { readonly kind: 'unknown' }
  /** It may exist, but who knows could not be asked. */
  | { readonly kind: 'unreachable'; readonly retryAfterMs: number };

/** The public keys that an issuer publishes, as it exchanges them over time. */
export interface KeySet {
  find(kid: string | null, algorithm: PublicAlgorithm, nowMs: number): Promise<FoundKey>;
}

const CACHE_MS = 10 * 60_000;
const COOLDOWN_MS = 30_000;
const FETCH_WITHIN_MS = 5_000;
const BODY_BYTES_MAX = 256 * 1024;
const KEYS_MAX = 100;

export function keySet(options: KeySetOptions): KeySet {
  const { url, cacheMs = CACHE_MS, cooldownMs = COOLDOWN_MS, fetchWithinMs = FETCH_WITHIN_MS } = options;
  let keys: readonly PublicKey[] | null = null;
  let fetchedAtMs = 0;
  let askedAtMs: number | null = null;
  let failed = false;
  let asking: Promise<void> | null = null;

  const ask = async (nowMs: number): Promise<void> => {
    askedAtMs = nowMs;
    try {
      keys = await fetchKeys(url, fetchWithinMs);
      fetchedAtMs = nowMs;
      failed = false;
    } catch (error) {
      failed = true;
      options.onProblem?.(error instanceof Error ? error.message : String(error));
    }
    asking = null;
  };
  /** A clock that was set back would otherwise keep the endpoint from being asked for as long. */
  const hasPassed = (sinceMs: number, ms: number, nowMs: number) => nowMs < sinceMs || nowMs - sinceMs >= ms;
  const refresh = async (nowMs: number): Promise<void> => {
    if (asking === null && (askedAtMs === null || hasPassed(askedAtMs, cooldownMs, nowMs))) {
      asking = ask(nowMs);
    }
    await asking;
  };

  return {
    async find(kid, algorithm, nowMs) {
      if (keys === null || hasPassed(fetchedAtMs, cacheMs, nowMs)) await refresh(nowMs);
      let key = chosen(keys ?? [], kid, algorithm);
      if (key === null) {
        await refresh(nowMs);
        key = chosen(keys ?? [], kid, algorithm);
      }
      if (key !== null) return { kind: 'found', key };
      return failed ? { kind: 'unreachable', retryAfterMs: cooldownMs } : { kind: 'unknown' };
    },
  };
}

/** Without an id, a key is meant only where there is no other of its kind. */
function chosen(
  keys: readonly PublicKey[],
  kid: string | null,
  algorithm: PublicAlgorithm,
): PublicKey | null {
  const fitting = keys.filter((key) => key.algorithm === algorithm && (kid === null || key.kid === kid));
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

async function fetchKeys(url: string, withinMs: number): Promise<readonly PublicKey[]> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(withinMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the key set answers with status ${response.status}`);
  }
  const set: unknown = JSON.parse(await boundedText(response));
  const jwks = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : null;
  if (!Array.isArray(jwks) || jwks.length > KEYS_MAX) throw new Error('the key set is not one');
  const isJwk = (value: unknown): value is JWK =>
    typeof value === 'object' && value !== null && typeof (value as JWK).kty === 'string';
  const keys = await Promise.all(jwks.filter(isJwk).map(publicKeyOf));
  return keys.filter((key) => key !== null);
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > BODY_BYTES_MAX) throw new Error(`the key set is larger than ${BODY_BYTES_MAX} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

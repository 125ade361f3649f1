import type { IncomingHttpHeaders } from 'node:http';

/** Whose pages may call from a browser, for example `https://app.example.org`; `*` for anyone's, empty for nobody's. */
export type AllowedOrigins = readonly string[];

const PREFLIGHT_SECONDS = 600;

export function isAllowedOrigin(origin: string, allowed: AllowedOrigins): boolean {
  return allowed.includes('*') || allowed.includes(origin);
}

/** What lets a page of another origin read the answer; nothing where that is not wanted. */
export function corsHeaders(
  { origin }: IncomingHttpHeaders,
  allowed: AllowedOrigins,
): Record<string, string> {
  if (allowed.length === 0) return {};
  const vary = { vary: 'origin' };
  if (origin === undefined || !isAllowedOrigin(origin, allowed)) return vary;
  return {
    ...vary,
    'access-control-allow-origin': allowed.includes('*') ? '*' : origin,
    'access-control-expose-headers': 'retry-after, www-authenticate',
  };
}

/** The answer to a browser that asks before it calls. */
export function preflightHeaders(
  headers: IncomingHttpHeaders,
  allowed: AllowedOrigins,
): Record<string, string> {
  const granted = corsHeaders(headers, allowed);
  if (granted['access-control-allow-origin'] === undefined) return granted;
  return {
    ...granted,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, traceparent',
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  };
}

/** Programs send no origin; a page's has to be that of this very host, or an allowed one. */
export function mayConnect({ origin, host }: IncomingHttpHeaders, allowed: AllowedOrigins): boolean {
  if (origin === undefined || isAllowedOrigin(origin, allowed)) return true;
  return host !== undefined && (origin === `https://${host}` || origin === `http://${host}`);
}

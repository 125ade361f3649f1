const BEARER = /^bearer +/i;

/** The token of an `authorization` header; empty for none. */
export function bearerToken(header: string | undefined): string {
  return header !== undefined && BEARER.test(header) ? header.replace(BEARER, '').trim() : '';
}

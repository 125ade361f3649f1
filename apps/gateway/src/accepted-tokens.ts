import type { IssueToken } from '@syncline/flows';
import { issueToken, jwtTokens } from '@syncline/jwt';
import type { Tokens } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';

export interface TokenSettings {
  /** Of this installation. Null where all tokens come from an issuer. */
  readonly tokenSecret: string | null;
  readonly jwksUrl: string | null;
  readonly issuer: string | null;
  readonly audience: string | null;
}

export interface AcceptedTokens {
  readonly tokens: Tokens;
  readonly issueToken: IssueToken | null;
}

/** Where there is an issuer, tokens for devices that pair are its business as well. */
export function acceptedTokens(settings: TokenSettings, log: Log): AcceptedTokens {
  const { tokenSecret, jwksUrl, issuer, audience } = settings;
  const onProblem = (problem: string): void =>
    log.warn('the keys of the issuer cannot be fetched', { problem });
  const tokens = jwtTokens({
    ...(tokenSecret === null ? {} : { secret: tokenSecret }),
    ...(jwksUrl === null ? {} : { keys: { url: jwksUrl, onProblem } }),
    ...(issuer === null ? {} : { issuer }),
    ...(audience === null ? {} : { audience }),
  });
  return { tokens, issueToken: tokenSecret === null || jwksUrl !== null ? null : issueWith(tokenSecret) };
}

function issueWith(secret: string): IssueToken {
  return (bearer, nowMs) => issueToken(secret, { ...bearer, grants: new Map() }, nowMs);
}

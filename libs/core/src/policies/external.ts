import { isJsonPayload } from '../json-fields';
import { encodeUtf8 } from '../utf8';
import type { Policy } from './policy';
import { endpointOf } from './resolver-hosts';
import { readRule, type RuleReader } from './rule-reader';
import { sameContent } from './same-content';

/** The policies that may decide when the tenant's resolver does not: they need no rule and no content. */
export const FALLBACK_POLICIES = ['last-write-wins', 'server-wins', 'client-wins'] as const;
export type FallbackPolicy = (typeof FALLBACK_POLICIES)[number];

/** Where a tenant's resolver is, and how it is asked. */
export interface ExternalRule {
  /** As `host:port`. */
  readonly endpoint: string;
  readonly deadlineMs: number;
  /** JSON text that goes with every question; empty for none. */
  readonly settings: string;
  readonly plaintext: boolean;
  /** The name of a secret that the installation has for this host; empty for none. */
  readonly tokenSecret: string;
  /** Empty to hold the change. */
  readonly fallbackPolicy: FallbackPolicy | '';
}

const DEADLINE_MS_DEFAULT = 2_000;
const DEADLINE_MS_MIN = 10;
const DEADLINE_MS_MAX = 30_000;
const SETTINGS_LENGTH_MAX = 16_384;
const SECRET_NAME = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;

/**
 * The tenant's own service decides. Nothing can be asked here, so the change is held, and the conflict waits for an answer that
 * comes as a decision of its own.
 */
export const external: Policy<ExternalRule> = {
  name: 'external',
  readsPayload: false,
  needsBase: false,
  parseRule: (declared) => readRule(declared, readExternal),
  orderFree: () => false,
  remember: () => null,
  resolve: ({ stored, incoming }) =>
    sameContent(stored, incoming)
      ? { take: 'stored', why: 'Both sides hold the same.' }
      : { take: 'neither', waitsFor: 'resolver', why: "The tenant's resolver is asked." },
};

function readExternal(reader: RuleReader): ExternalRule {
  return {
    endpoint: readEndpoint(reader),
    deadlineMs: reader.integer('deadlineMs', DEADLINE_MS_MIN, DEADLINE_MS_DEFAULT, DEADLINE_MS_MAX),
    settings: readSettings(reader),
    plaintext: readYesNo(reader, 'plaintext'),
    tokenSecret: readSecretName(reader),
    fallbackPolicy: readFallback(reader),
  };
}

function readEndpoint(reader: RuleReader): string {
  const given = reader.value('endpoint');
  if (typeof given === 'string' && endpointOf(given) !== null) return given;
  reader.problem('endpoint', 'must be host:port, as `resolver.example.org:7500`');
  return '';
}

function readSettings(reader: RuleReader): string {
  const given = textOrEmpty(reader, 'settings', SETTINGS_LENGTH_MAX);
  if (given !== '' && !isJsonPayload(encodeUtf8(given))) reader.problem('settings', 'must be JSON');
  return given;
}

function readSecretName(reader: RuleReader): string {
  const given = textOrEmpty(reader, 'tokenSecret', 64);
  if (given !== '' && !SECRET_NAME.test(given))
    reader.problem('tokenSecret', 'must be a name of lower-case letters, digits, - and _');
  return given;
}

function readFallback(reader: RuleReader): FallbackPolicy | '' {
  const given = reader.value('fallbackPolicy') ?? '';
  const known = FALLBACK_POLICIES.find((name) => name === given);
  if (known === undefined && given !== '')
    reader.problem('fallbackPolicy', `must be one of ${FALLBACK_POLICIES.join(', ')}, or empty`);
  return known ?? '';
}

/** An empty text is what a parsed rule has for none. */
function textOrEmpty(reader: RuleReader, name: string, lengthMax: number): string {
  return reader.value(name) === '' ? '' : reader.text(name, lengthMax, '');
}

function readYesNo(reader: RuleReader, name: string): boolean {
  const given = reader.value(name) ?? false;
  if (typeof given === 'boolean') return given;
  reader.problem(name, 'must be true or false');
  return false;
}

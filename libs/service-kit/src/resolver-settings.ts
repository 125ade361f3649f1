import { customSetting, fileSetting, optional, secret } from './setting-kinds';
import type { Parsed, SettingsOf } from './settings';

/** A token of a tenant's resolver, for one host alone. */
export interface ResolverToken {
  /** By which rules name it. */
  readonly name: string;
  readonly host: string;
  readonly token: string;
}

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[1-9]\d{0,4})?$/;
const TOKEN = /^([a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?)@([^@=\s]+)=([^\s,]+)$/;

/** Whoever lets rules be declared and whoever asks the resolvers of tenants have to agree on these. */
export const resolverHostSettings = {
  resolverHosts: customSetting(
    'RESOLVER_HOSTS',
    'hosts such as `a.example.org` or `a.example.org:7500`',
    hostsIn,
    {
      sentence:
        'Where resolvers of tenants may be asked about conflicts, over TLS; a host without a port stands for all of its ports.',
      default: [],
    },
  ),
  resolverPlaintextHosts: customSetting('RESOLVER_PLAINTEXT_HOSTS', 'hosts as above', hostsIn, {
    sentence: 'Where resolvers of tenants may be asked without TLS: only what is inside the installation.',
    default: [],
  }),
};

/** For whoever asks them. */
export const resolverAskingSettings = {
  resolverTokens: secret(
    customSetting('RESOLVER_TOKENS', '`name@host=token,name@host=token`', tokensIn, {
      sentence: 'What rules name as token of a resolver; it is sent to its host alone.',
      default: [],
    }),
  ),
  resolverCaFile: optional(
    fileSetting('RESOLVER_CA_FILE', {
      sentence:
        'The authorities that resolvers have their certificates of, as PEM; unset, those that Node trusts.',
    }),
  ),
};

function hostsIn(text: string): Parsed<readonly string[]> {
  const hosts = text.split(',').map((host) => host.trim());
  const wrong = hosts.find((host) => !HOST.test(host));
  return wrong === undefined
    ? { ok: true, value: hosts }
    : { ok: false, problem: `holds ${wrong}, which is no host` };
}

function tokensIn(text: string): Parsed<readonly ResolverToken[]> {
  const tokens: ResolverToken[] = [];
  for (const part of text.split(',')) {
    const [, name, host, token] = TOKEN.exec(part.trim()) ?? [];
    if (name === undefined || host === undefined || token === undefined || !HOST.test(host))
      return { ok: false, problem: 'holds what is not `name@host=token`' };
    if (tokens.some((each) => each.name === name && each.host === host.toLowerCase()))
      return { ok: false, problem: `holds the name ${name} twice for ${host}` };
    tokens.push({ name, host: host.toLowerCase(), token });
  }
  return { ok: true, value: tokens };
}

export type ResolverHostAccess = SettingsOf<typeof resolverHostSettings>;
export type ResolverAccess = ResolverHostAccess & SettingsOf<typeof resolverAskingSettings>;

/** In the form of the rules. */
export function resolverHostsIn({ resolverHosts, resolverPlaintextHosts }: ResolverHostAccess) {
  return { withTls: resolverHosts, withoutTls: resolverPlaintextHosts };
}

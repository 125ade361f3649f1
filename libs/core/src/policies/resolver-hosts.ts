/** The hosts at which an installation lets tenants' resolvers be asked, each as `host` for any port or as `host:port`. */
export interface ResolverHosts {
  readonly withTls: readonly string[];
  readonly withoutTls: readonly string[];
}

export const NO_RESOLVER_HOSTS: ResolverHosts = { withTls: [], withoutTls: [] };

export interface Endpoint {
  /** In lower case. */
  readonly host: string;
  readonly port: number;
}

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?';
const ENDPOINT = new RegExp(`^(${NAME}|\\[[0-9A-Fa-f:.]{2,45}\\]):([1-9]\\d{0,4})$`);
const HOST = new RegExp(`^(?:${NAME}|\\[[0-9A-Fa-f:.]{2,45}\\])$`);
const PORT_MAX = 65_535;

/** Null for what is not `host:port`. */
export function endpointOf(text: string): Endpoint | null {
  const [, host, port] = ENDPOINT.exec(text) ?? [];
  return host === undefined || Number(port) > PORT_MAX
    ? null
    : { host: host.toLowerCase(), port: Number(port) };
}

/** Whether a text names hosts as above. */
export function isResolverHost(text: string): boolean {
  return HOST.test(text) || endpointOf(text) !== null;
}

interface Asked {
  readonly endpoint: string;
  readonly plaintext: boolean;
}

/** Null where it may be asked, else what stands against it. */
export function resolverObstacle({ endpoint, plaintext }: Asked, hosts: ResolverHosts): string | null {
  const at = endpointOf(endpoint);
  if (at === null) return 'is not host:port';
  if (names(plaintext ? hosts.withoutTls : hosts.withTls, at)) return null;
  return plaintext
    ? 'is not among the hosts that this installation asks without TLS: SYNCLINE_RESOLVER_PLAINTEXT_HOSTS'
    : 'is not among the hosts that this installation asks: SYNCLINE_RESOLVER_HOSTS';
}

function names(allowed: readonly string[], { host, port }: Endpoint): boolean {
  return allowed.some((each) => {
    const lower = each.toLowerCase();
    return lower === host || lower === `${host}:${port}`;
  });
}

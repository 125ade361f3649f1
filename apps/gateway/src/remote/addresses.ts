import type { LookupAddress } from 'node:dns';

/** Finds all addresses of a name. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>;

/** What a target names, as `host:port` each. */
export interface TargetAddresses {
  /** For certificates: they name the host, not its addresses. Null where the target has no name. */
  readonly serverName: string | null;
  /** In an order that does not depend on who asks. */
  resolve(): Promise<readonly string[]>;
}

/**
 * A target as gRPC knows it: `dns:///merge:7410` for all addresses of a name, `ipv4:10.0.0.1:7410,10.0.0.2:7410` for a
 * list. `host:port`, or several with commas between, are names as well.
 */
export function targetAddresses(target: string, lookup: Lookup): TargetAddresses {
  const list = /^ipv[46]:(.+)$/.exec(target)?.[1];
  if (list !== undefined) {
    const addresses = sorted(list.split(','));
    return { serverName: null, resolve: async () => addresses };
  }
  const names = target
    .replace(/^dns:(\/\/[^/]*\/)?/, '')
    .split(',')
    .map(hostAndPort);
  const [first] = names;
  return {
    serverName: names.length === 1 ? (first?.host ?? null) : null,
    resolve: async () => {
      const found = await Promise.all(names.map((name) => addressesOf(name, lookup)));
      return sorted(found.flat());
    },
  };
}

interface HostAndPort {
  readonly host: string;
  readonly port: string;
}

function hostAndPort(text: string): HostAndPort {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text.trim()) ?? [];
  if (host === undefined || port === undefined) throw new RangeError(`${text} is not host:port`);
  return { host, port };
}

async function addressesOf({ host, port }: HostAndPort, lookup: Lookup): Promise<string[]> {
  const found = await lookup(host);
  return found.map(({ address, family }) => (family === 6 ? `[${address}]:${port}` : `${address}:${port}`));
}

function sorted(addresses: readonly string[]): readonly string[] {
  return [...new Set(addresses.map((address) => address.trim()))].sort();
}

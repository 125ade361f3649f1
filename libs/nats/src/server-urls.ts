export interface Servers {
  /** As `nats://host:port`. */
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/**
 * Who connects is named in a URL, `nats://user:password@host:port` or `nats://token@host:port`; the client would take that for
 * a part of the host. Of several URLs the first that names somebody speaks for all.
 */
export function serversAt(urls: readonly string[]): Servers {
  const parts = urls.map((url) => /^(\w+:\/\/)?(?:([^:@/]*)(?::([^@/]*))?@)?(.*)$/.exec(url) ?? []);
  const servers = parts.map(([, scheme = '', , , place = '']) => `${scheme}${place}`);
  const [, , user, pass] = parts.find(([, , given]) => given !== undefined) ?? [];
  if (user === undefined) return { servers };
  if (pass === undefined) return { servers, token: decodeURIComponent(user) };
  return { servers, user: decodeURIComponent(user), pass: decodeURIComponent(pass) };
}

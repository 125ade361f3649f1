import { ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles } from './certificate-files';

type Provider = experimental.CertificateProvider;

/** Without certificates, plain text. With an authority among them, clients must show a certificate of it. */
export function serverCredentials(files: CertificateFiles | null): ServerCredentials {
  if (files === null) return ServerCredentials.createInsecure();
  const provider = providerOf(files);
  const authority = files.current().ca === null ? null : provider;
  // In this version the first argument is the server's own certificate and the second the authority, whatever the
  // names in its declaration say; ours is both, so that either order is right.
  return experimental.createCertificateProviderServerCredentials(provider, authority, authority !== null);
}

/** Without certificates, plain text. With an authority among them, only servers of it are believed. */
export function channelCredentials(files: CertificateFiles | null): ChannelCredentials {
  if (files === null) return ChannelCredentials.createInsecure();
  const { ca, cert, key } = files.current();
  if (ca === null) return ChannelCredentials.createSsl(null, key, cert);
  const provider = providerOf(files);
  return experimental.createCertificateProviderChannelCredentials(provider, provider);
}

/** New certificates hold for new connections; those that exist go on with the old ones. */
function providerOf(files: CertificateFiles): Provider {
  type CaListener = experimental.CaCertificateUpdateListener;
  type OwnListener = experimental.IdentityCertificateUpdateListener;
  const stops = new Map<CaListener | OwnListener, () => void>();
  const follow = (listener: CaListener | OwnListener, tell: () => void): void => {
    stops.set(listener, files.onChange(tell));
    // The library expects the first news only after it has finished subscribing.
    process.nextTick(tell);
  };
  const unfollow = (listener: CaListener | OwnListener): void => {
    stops.get(listener)?.();
    stops.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) =>
      follow(listener, () => {
        const { ca } = files.current();
        listener(ca === null ? null : { caCertificate: ca });
      }),
    removeCaCertificateListener: unfollow,
    addIdentityCertificateListener: (listener) =>
      follow(listener, () => {
        const { cert, key } = files.current();
        listener({ certificate: cert, privateKey: key });
      }),
    removeIdentityCertificateListener: unfollow,
  };
}

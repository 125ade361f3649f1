import type { Clock } from '@syncline/ports';
import { type CertificateFiles, certificateFiles } from '@syncline/service-kit';
import type { StandaloneOptions } from './standalone';

/** Null to speak without TLS. */
export function certificatesIn(
  { tls, log, parts }: StandaloneOptions,
  clock: Clock,
): CertificateFiles | null {
  if (tls === null) return null;
  return parts.add('certificates', certificateFiles({ paths: tls, log, clock }));
}

import type { Limits } from '@syncline/core';
import { gzipCompressor } from '@syncline/wire/gzip';
import type { GatewayMetrics } from './gateway-metrics';
import { type PageEncodings, pageEncodings } from './session/page-encodings';

export function gzipPages(
  limits: Pick<Limits, 'messageBytesMax' | 'pageCompressBytesMin'>,
  metrics: GatewayMetrics,
): PageEncodings {
  return pageEncodings({
    compressor: gzipCompressor(limits.messageBytesMax),
    packBytesMin: limits.pageCompressBytesMin,
    encoded: (how) => metrics.pageEncoded(how),
  });
}

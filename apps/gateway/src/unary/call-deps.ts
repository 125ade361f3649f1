import type { Compressor } from '@syncline/wire';
import type { GatewayDeps } from '../gateway-deps';

/** What the calls of SyncService work with. */
export interface CallDeps extends GatewayDeps {
  /** Packs pages for devices that can unpack them; null where none are packed. */
  readonly compressor: Compressor | null;
}

/** What is told in terms of the ports, for layers that see the flows and not the ports. */
export type {
  ArtifactInfo,
  ArtifactState,
  Declaration,
  DeviceDescription,
  IntegrityKey,
  Member,
  Present,
  RegisteredDevice,
  SpaceDetails,
  SpaceSettings,
  Tenant,
  TenantQuotas,
  TenantRates,
  TenantUsage,
  TokenIssuer,
} from '@syncline/ports';

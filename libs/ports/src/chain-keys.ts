/** Contract: Ed25519. Whoever knows the public key can check what was signed, and nobody else can have signed it. */
export interface ChainSigner {
  /** Tells several keys of an installation apart. */
  readonly keyId: string;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** Contract: SHA-256, 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

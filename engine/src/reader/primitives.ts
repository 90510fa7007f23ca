/** Node answers at once, browsers (WebCrypto) later: the reading side awaits either. */
export type MaybePromise<T> = T | Promise<T>

/**
 * What the reading side needs of its runtime: node:crypto and node:zlib here, WebCrypto and WASM in a browser.
 * Keys are raw bytes; every function throws or rejects on failure, never answers with a wrong value.
 */
export interface Primitives {
  hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): MaybePromise<Uint8Array>
  sha256(...parts: readonly Uint8Array[]): MaybePromise<Uint8Array>
  hkdfSha256(key: Uint8Array, salt: Uint8Array, info: Uint8Array): MaybePromise<Uint8Array>
  /** Opens ciphertext ‖ 16-byte tag. */
  openAesGcm(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): MaybePromise<Uint8Array>
  /** One zstd frame whose content must be exactly `size` bytes. */
  decompressZstd(frame: Uint8Array, size: number): MaybePromise<Uint8Array>
  verifyEd25519(publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): MaybePromise<boolean>
}

/** All an agent or browser ever holds of a vault's keys (docs/vault-format.md §4). Each 32 bytes. */
export interface DomainKeys {
  readonly vaultId: Uint8Array
  readonly domainId: Uint8Array
  readonly keyEpoch: number
  readonly idKey: Uint8Array
  readonly cdcKey: Uint8Array
  readonly dataKey: Uint8Array
  readonly metadataKey: Uint8Array
}

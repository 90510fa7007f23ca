/** The keys of a vault, from secrets and bytes alone: runs on Node and in browsers, with the runtime's primitives passed in. */
export { boxKeySigningBytes, rawAgentKey, readAgentObject } from './agent-objects.ts'
export { deriveDomainKeys, deriveHubKeys, type DomainKeyId, type HubKeys } from './domain-keys.ts'
export { deviceFingerprint, isSameFingerprint, vaultFingerprint } from './fingerprints.ts'
export { openWithFirst, openWithKept, type OpenedWith, type PersonsSecret } from './kept-secrets.ts'
export {
  isLastingPassphrase,
  leastPassphraseCharacters,
  unwrapKey,
  wrapKey,
  type KeySecret,
  type NewKeySlot,
  type SlotSecret,
} from './key-slots.ts'
export { strengthOf, timeToTry, type PassphraseStrength, type StrengthLevel } from './passphrase-strength.ts'
export type { BoxKeyPair, UnlockPrimitives } from './primitives.ts'
export { findRecoveryWords, newRecoveryWords, type FoundRecoveryWords } from './recovery-words.ts'
export { openSealedToAgent, sealToAgent, type BoxPurpose } from './sealed-box.ts'
export { openSealedDomainKeys, sealDomainKeys, type SealedKeysAddress } from './sealed-domain-keys.ts'
export { openSealedSelection, sealSelection, type OpenedSelection } from './sealed-selection.ts'
export { isSealedBy, sealText } from './sealed-text.ts'
export { argon2id } from './stretch-passphrase.ts'
export {
  createVaultObjects,
  findKey,
  mostPassphrases,
  unlockVault,
  wrongSeal,
  type LockedVault,
  type SlotsToTry,
  type VaultObjects,
  type VaultToCreate,
} from './unlock-vault.ts'
export { isWeakSignKey } from './weak-keys.ts'
export { VaultKeys } from './vault-keys.ts'

import { concatBytes, toHex } from '../bytes/index.ts'
import type { DomainKeys, Primitives } from '../reader/index.ts'
import { encodeDomainKeys } from './domain-keys.ts'

const encoder = new TextEncoder()
/** 80 bits: enough that nobody finds other keys with the same one, few enough to be read out. */
const fingerprintDigits = 20

/**
 * What two people compare to know that they have the keys of the same domain of the same vault: `3f2a-6c1e-0d4b-4c7a-9b7e`.
 * It tells nothing of the keys.
 */
export async function vaultFingerprint(primitives: Pick<Primitives, 'hkdfSha256'>, keys: DomainKeys): Promise<string> {
  return inGroups(await primitives.hkdfSha256(encodeDomainKeys(keys), keys.vaultId, encoder.encode('holdfast-1 fingerprint')))
}

/** What is compared to know that a device's keys are its own, and none that a hub made. Keys are raw. */
export async function deviceFingerprint(
  primitives: Pick<Primitives, 'sha256'>,
  { signPublicKey, boxPublicKey }: { readonly signPublicKey: Uint8Array; readonly boxPublicKey: Uint8Array },
): Promise<string> {
  return inGroups(await primitives.sha256(concatBytes([encoder.encode('holdfast-device-1\n'), signPublicKey, boxPublicKey])))
}

/** However they were written down: spaces, dashes and capitals do not matter. False for what is no whole fingerprint. */
export function isSameFingerprint(left: string, right: string): boolean {
  const [one, other] = [digitsOf(left), digitsOf(right)]
  return one.length === fingerprintDigits && one === other
}

const digitsOf = (text: string): string => text.toLowerCase().replaceAll(/[\s:-]/g, '')

const inGroups = (hash: Uint8Array): string =>
  toHex(hash)
    .slice(0, fingerprintDigits)
    .replaceAll(/(.{4})(?!$)/g, '$1-')

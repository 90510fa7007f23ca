/** As fingerprints are kept and shown: twenty hex digits in groups of four. */
export const fingerprintForm = /^[0-9a-f]{4}(?:-[0-9a-f]{4}){4}$/

/** A vault's fingerprint as a person typed or copied it, whatever stands between its groups; null where these are not twenty hex digits. */
export function readFingerprint(text: string): string | null {
  const digits = text.replaceAll(/[\s:-]/g, '').toLowerCase()
  return /^[0-9a-f]{20}$/.test(digits) ? digits.replaceAll(/(.{4})(?!$)/g, '$1-') : null
}

/**
 * Whether this browser can open a private vault here: it gives its cryptography and its workers to pages that came over an encrypted line (or from this very
 * machine) alone.
 */
export const canHoldKeys = (): boolean => globalThis.isSecureContext && 'Worker' in globalThis && 'WebAssembly' in globalThis

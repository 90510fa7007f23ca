import { EngineError } from '../errors/index.ts'

/** What we use of WebCrypto. */
type Subtle = typeof globalThis.crypto.subtle

/** @throws EngineError `native.unavailable` in a page that browsers call insecure: there is none of it */
export function requireSubtle(): Subtle {
  const subtle: Subtle | undefined = globalThis.crypto.subtle
  if (subtle === undefined)
    throw new EngineError('native.unavailable', 'Browsers open vaults in secure pages only: open the console over https, or on localhost.')
  return subtle
}

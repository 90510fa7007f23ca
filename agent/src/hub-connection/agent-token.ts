import type { KeyObject } from 'node:crypto'

/** The hub accepts at most this long (exp − iat). */
const lifetimeSeconds = 300
const refreshSeconds = 60

export interface TokenIssuer {
  /** A token good for at least a minute. */
  token(): Promise<string>
  /** Follows the hub's clock from now on, with a new token where that changes anything: a device whose clock is wrong still gets in. */
  correctClock(hubTimeMs: number): void
  /** The hub refused it: the next one is made anew, by the clock as it is now. */
  discard(token: string): void
}

/** Short-lived tokens for HTTP, signed with the device's own key (EdDSA): nothing to steal lies on the hub. */
export function createTokenIssuer(options: { agentId: string; hubId: string; signKey: KeyObject; now?: () => number }): TokenIssuer {
  const now = options.now ?? Date.now
  let offsetMs = 0
  let current: { token: string; expiresAtSeconds: number } | null = null
  return {
    async token() {
      const nowSeconds = Math.floor((now() + offsetMs) / 1000)
      if (current !== null && current.expiresAtSeconds - nowSeconds > refreshSeconds) return current.token
      const expiresAtSeconds = nowSeconds + lifetimeSeconds
      // Loaded with the first token: an idle agent needs none, and stays smaller without.
      const { SignJWT } = await import('jose')
      const token = await new SignJWT()
        .setProtectedHeader({ alg: 'EdDSA', kid: options.agentId, typ: 'JWT' })
        .setIssuer(options.agentId)
        .setSubject(options.agentId)
        .setAudience(options.hubId)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(expiresAtSeconds)
        .sign(options.signKey)
      current = { token, expiresAtSeconds }
      return token
    },
    discard(token) {
      if (current?.token === token) current = null
    },
    correctClock(hubTimeMs) {
      const measuredMs = hubTimeMs - now()
      // A second or two is the way of the message, not the clock.
      const wantedMs = Math.abs(measuredMs) < 5_000 ? 0 : measuredMs
      if (Math.abs(wantedMs - offsetMs) < 5_000) return
      offsetMs = wantedMs
      current = null
    },
  }
}

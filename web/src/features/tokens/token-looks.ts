import type { ApiToken, User } from '@holdfast/shared-types'

export const scopes = ['read', 'run', 'admin'] as const satisfies readonly ApiToken['scope'][]
const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly User['role'][]

/** Scopes are made after roles: no token may do more than its owner. */
export const scopesFor = (role: User['role']): readonly ApiToken['scope'][] => scopes.slice(0, roles.indexOf(role) + 1)

/** `expiring`: in less than two weeks, which is time enough to change it without haste. */
export type TokenState = 'valid' | 'expiring' | 'expired' | 'revoked'
const expiringMs = 14 * 86_400_000

export function tokenState({ revokedAtMs, expiresAtMs }: Pick<ApiToken, 'revokedAtMs' | 'expiresAtMs'>, nowMs: number): TokenState {
  if (revokedAtMs !== null) return 'revoked'
  if (expiresAtMs === null) return 'valid'
  if (expiresAtMs <= nowMs) return 'expired'
  return expiresAtMs - nowMs < expiringMs ? 'expiring' : 'valid'
}

export const isEnded = (state: TokenState): boolean => state === 'expired' || state === 'revoked'

export const stateIcons: { readonly [S in TokenState]: string } = {
  valid: 'i-lucide-circle-check',
  expiring: 'i-lucide-clock-alert',
  expired: 'i-lucide-clock',
  revoked: 'i-lucide-ban',
}

/** Days until a new token ends; null: never. */
export const lives = [30, 90, 365, null] as const

/** A call to try a token with, as it is pasted into a shell. Tokens and origins hold nothing that a quote would have to hide. */
export const curlOf = (origin: string, token: string): string => `curl -H 'Authorization: Bearer ${token}' ${origin}/api/v1/devices`

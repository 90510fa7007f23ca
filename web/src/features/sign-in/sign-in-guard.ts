import type { RouteLocationNormalized, RouteLocationRaw } from 'vue-router'
import { pageLinks } from '../../platform/navigation/page-links.ts'

type Destination = Pick<RouteLocationNormalized, 'name' | 'fullPath' | 'hash' | 'query'>

/** Only an address of this console: `//host` and `\` would leave it. */
export const safeReturnTo = (value: unknown): string | null =>
  typeof value === 'string' && /^\/(?![/\\])/.test(value) && !value.includes('\\') ? value : null

/**
 * Where a navigation really goes: strangers to the sign-in page and back afterwards, people who are signed in past it.
 * A link with a token is always followed, also once the token is out of the address: it may sign in somebody else. True = as asked.
 */
export function guardSignIn(to: Destination, isSignedIn: boolean, from?: Pick<Destination, 'name' | 'hash'>): true | RouteLocationRaw {
  if (to.name !== 'sign-in') return isSignedIn ? true : pageLinks.signIn(to.fullPath === '/' ? undefined : to.fullPath)
  const isByLink = readLinkToken(to.hash) !== null || (from?.name === 'sign-in' && readLinkToken(from.hash) !== null)
  if (!isSignedIn || isByLink) return true
  return safeReturnTo(to.query['returnTo']) ?? '/'
}

/** The one-time token in an address's fragment: a fragment never reaches a server or its log. */
export function readLinkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get('token')
  return token === null || token === '' ? null : token
}

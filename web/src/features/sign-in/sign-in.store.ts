import type { User } from '@holdfast/shared-types'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { callAddress } from '../../platform/api/call-address.ts'
import { callHub, onAccessDenied, onSignInLost } from '../../platform/api/call-hub.ts'
import { hubCalls } from '../../platform/api/hub-calls.ts'
import { currentVisit, forgetAnswers, isRecalled, rememberAnswer } from '../../platform/api/remembered-answers.ts'
import { hasCode } from '../../platform/errors/api-error.ts'
import { onLinkBack } from '../../platform/realtime/link-back.ts'
import { onLinkRefused, startLiveLink, stopLiveLink } from '../../platform/realtime/live-link.ts'
import { learnRole } from '../../platform/session/rights.ts'
import { tellSignedOut } from '../../platform/sign-out/sign-out.ts'

export interface Credentials {
  readonly name: string
  readonly email: string
  /** Left out: it stays. */
  readonly password?: string | undefined
  readonly currentPassword?: string | undefined
}

async function endSignIn(): Promise<void> {
  try {
    await callHub('signOut')
  } catch (cause) {
    // Signed out elsewhere already: that is what was asked for.
    if (!hasCode(cause, 'sign-in.required')) throw cause
  }
}

/** Without a hub the console opens as the one who signed in last, not as the one whom it was asked for last. */
const rememberMe = (me: User): Promise<void> => rememberAnswer(callAddress(hubCalls.getMe.path), me, currentVisit())

/** Who is signed in. The cookie is the browser's and cannot be read here; the hub is asked once when the page opens. */
// oxlint-disable-next-line max-lines-per-function -- Pinia makes a set-up store one function; its parts are functions of their own
export const useSignInStore = defineStore('sign-in', () => {
  const user = shallowRef<User | null>(null)
  const error = shallowRef<unknown>(null)
  /** The sign-in ended while the page was in use: said on the sign-in page. */
  const wasLost = ref(false)
  /** A sign-in by link just opened an account without a password. */
  const isCredentialsOffered = ref(false)
  let asked: Promise<void> | undefined

  function accept(signedIn: User): void {
    wasLost.value = false
    error.value = null
    user.value = signedIn
    learnRole(signedIn.role)
    asked = Promise.resolve()
    startLiveLink()
  }

  async function forget(): Promise<void> {
    user.value = null
    learnRole(null)
    asked = Promise.resolve()
    stopLiveLink()
    tellSignedOut()
    await forgetAnswers()
  }

  /** Of what anybody before them was told, nothing is left to the one who signs in. */
  async function welcome(signedIn: User): Promise<void> {
    await (user.value === null || user.value.id === signedIn.id ? forgetAnswers() : forget())
    await rememberMe(signedIn)
    accept(signedIn)
  }

  async function ask(): Promise<void> {
    try {
      accept(await callHub('getMe'))
    } catch (cause) {
      if (!hasCode(cause, 'sign-in.required')) error.value = cause
    }
  }

  /** Settles once it is known whether somebody is signed in. */
  const ready = (): Promise<void> => (asked ??= ask())

  const signIn = async (email: string, password: string) => welcome(await callHub('signIn', { body: { email, password } }))

  async function signInWithLink(token: string): Promise<void> {
    const signedIn = await callHub('signInWithLink', { body: { token } })
    isCredentialsOffered.value = !signedIn.hasPassword
    await welcome(signedIn)
  }

  const signOut = () => endSignIn().then(forget)

  /** Takes what the hub says of who is signed in. Somebody who came by another tab is owed nothing of this page: it begins anew as theirs. */
  async function take(now: User): Promise<void> {
    if (user.value === null) return
    if (user.value.id === now.id) {
      user.value = now
      learnRole(now.role)
      return
    }
    await forget()
    await rememberMe(now)
    location.reload()
  }

  async function setCredentials(credentials: Credentials): Promise<void> {
    await take(await callHub('setCredentials', { body: credentials }))
    isCredentialsOffered.value = false
  }

  /** The role as it is now: an administrator may have changed it while this page was open. */
  async function refresh(): Promise<void> {
    const askedFor = user.value?.id
    if (askedFor === undefined) return
    try {
      const now = await callHub('getMe')
      // Who has signed out or in on this page meanwhile was not asked for.
      if (user.value?.id !== askedFor) return
      // The hub is away, and what is kept is of whom it has heard of last, on another page: that is nobody's word here.
      if (now.id !== askedFor && isRecalled(callAddress(hubCalls.getMe.path))) return
      await take(now)
    } catch {
      // Signed out is told elsewhere; and a hub that is away changes no role.
    }
  }

  onAccessDenied(() => void refresh())
  onLinkBack(() => void refresh())
  // Whoever comes back to a page after a while is shown what they may do by now.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void refresh())
  onSignInLost(() => {
    wasLost.value ||= user.value !== null
    // On a fresh page nobody is known yet, and what is kept is of a sign-in that ended while no page was open.
    void (user.value === null ? forgetAnswers() : forget())
  })
  onLinkRefused(() => void callHub('getMe').catch(() => undefined))

  return {
    user,
    error,
    wasLost,
    isSignedIn: computed(() => user.value !== null),
    isCredentialsOffered,
    ready,
    signIn,
    signInWithLink,
    signOut,
    setCredentials,
    refresh,
  }
})

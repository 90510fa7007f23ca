import { defineAsyncComponent } from 'vue'

export { useSignInStore } from './sign-in.store.ts'
export { guardSignIn } from './sign-in-guard.ts'
export { checkIdentity, checkNewPassword } from './check-credentials.ts'
/** Asks the person who is signed in for their password once more. */
export const CurrentPassword = defineAsyncComponent(() => import('./CurrentPassword.vue'))
// Needed by few visits, so no part of the first load.
export const CredentialsNote = defineAsyncComponent(() => import('./CredentialsNote.vue'))
export const PasswordInput = defineAsyncComponent(() => import('./PasswordInput.vue'))

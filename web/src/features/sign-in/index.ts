import { defineAsyncComponent } from 'vue'

export { useSignInStore } from './sign-in.store.ts'
export { guardSignIn } from './sign-in-guard.ts'
export { checkIdentity, checkNewPassword } from './check-credentials.ts'
export { useOwnPassword } from './own-password.ts'
// Needed by few visits, so no part of the first load.
export const OwnPasswordField = defineAsyncComponent(() => import('./OwnPasswordField.vue'))
export const CredentialsNote = defineAsyncComponent(() => import('./CredentialsNote.vue'))
export const PasswordInput = defineAsyncComponent(() => import('./PasswordInput.vue'))

import { defineAsyncComponent } from 'vue'

export { useSignInStore } from './sign-in.store.ts'
export { guardSignIn } from './sign-in-guard.ts'
// Needed by few visits, so no part of the first load.
export const CredentialsDialog = defineAsyncComponent(() => import('./CredentialsDialog.vue'))
export const CredentialsNote = defineAsyncComponent(() => import('./CredentialsNote.vue'))

import { defineAsyncComponent } from 'vue'

export { lockVault, useOpenVault } from './room/open-rooms.ts'
/** What is told to who wants something of a private vault that is locked. */
export { locked as lockedVault } from './room/vault-room.ts'
/** Reads snapshots of a vault that is open. */
export { privateEntries, type PrivateEntries } from './private-entries.ts'
export type { SignedOrigin } from './room/room-calls.ts'
// Needed by who has a private vault, so no part of what others load.
export const CreateVaultDialog = defineAsyncComponent(() => import('./CreateVaultDialog.vue'))
export const DownloadList = defineAsyncComponent(() => import('./DownloadList.vue'))
/** Opens a vault where something of it is to be shown. */
export const UnlockForm = defineAsyncComponent(() => import('./UnlockForm.vue'))
/** Of a private vault, for its page. */
export const KeySlotsCard = defineAsyncComponent(() => import('./KeySlotsCard.vue'))
export const VaultLockCard = defineAsyncComponent(() => import('./VaultLockCard.vue'))
export const WaitingDevices = defineAsyncComponent(() => import('./WaitingDevices.vue'))

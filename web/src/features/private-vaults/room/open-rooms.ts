import type { VaultId } from '@holdfast/shared-types'
import { computed, shallowReactive, type ComputedRef } from 'vue'
import { onSignedOut } from '../../../platform/sign-out/sign-out.ts'
import { draftLost, locked, VaultRoom } from './vault-room.ts'

/** A vault whose keys are in a worker of this page. */
export interface OpenVault {
  readonly room: VaultRoom
  /** Of the vault's keys: what its devices show too. */
  readonly fingerprint: string
}

/** So long nobody has to touch the page until its vaults are locked. */
export const idleLockMs = 15 * 60_000
const lookEveryMs = 10_000

const listeners = new Set<(vaultId: VaultId) => void>()
/** Names who lets go of what was read of a vault, once it is locked. */
export function onLocked(listener: (vaultId: VaultId) => void): void {
  listeners.add(listener)
}

const open = shallowReactive(new Map<VaultId, OpenVault>())
let lastTouchMs = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Keeps what was opened, until somebody locks it or nobody touches the page any more. */
export function keepOpen(vaultId: VaultId, vault: OpenVault): void {
  lockVault(vaultId)
  open.set(vaultId, vault)
  noteTouch()
  if (timer !== undefined) return
  for (const touch of touches) document.addEventListener(touch, noteTouch, { capture: true, passive: true })
  document.addEventListener('visibilitychange', lockWhenIdle)
  timer = setInterval(lockWhenIdle, lookEveryMs)
}

const touches = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const
const noteTouch = (): void => void (lastTouchMs = Date.now())

/** By the clock, not by a timer alone: a machine that slept locks as soon as it wakes. A download counts as being there as long as it gets on. */
function lockWhenIdle(): void {
  const lastSeenMs = Math.max(lastTouchMs, ...[...open.values()].map(({ room }) => room.lastProgressMs))
  if (Date.now() - lastSeenMs >= idleLockMs) lockAll()
}

export function lockVault(vaultId: VaultId): void {
  open.get(vaultId)?.room.lock()
  open.delete(vaultId)
  for (const listener of listeners) listener(vaultId)
  if (open.size > 0 || timer === undefined) return
  clearInterval(timer)
  timer = undefined
  document.removeEventListener('visibilitychange', lockWhenIdle)
  for (const touch of touches) document.removeEventListener(touch, noteTouch, { capture: true })
}

export function lockAll(): void {
  for (const vaultId of open.keys()) lockVault(vaultId)
}
onSignedOut(lockAll)

/** @param secret a passphrase, or recovery words however they were kept. @throws ApiError as the room's `unlock` */
export async function unlockVault(vaultId: VaultId, secret: string): Promise<void> {
  const room = new VaultRoom(() => lockVault(vaultId))
  try {
    const { fingerprint } = await room.call('unlock', { vaultId, secret })
    keepOpen(vaultId, { room, fingerprint })
  } catch (error) {
    room.lock()
    throw error
  }
}

/** The vault while it is open; null while it is locked. */
export const useOpenVault = (vaultId: () => VaultId): ComputedRef<OpenVault | null> => computed(() => open.get(vaultId()) ?? null)

/** @throws ApiError `vault.private` while it is locked */
export function roomOf(vaultId: VaultId): VaultRoom {
  lockWhenIdle()
  const vault = open.get(vaultId)
  if (vault === undefined) throw locked()
  return vault.room
}

/** The room that something was drafted in, and is stored from. @throws ApiError `vault.draft-lost` where the vault was locked since, whether or not it is open again */
export function roomOfDraft(vaultId: VaultId, drafted: VaultRoom | null): VaultRoom {
  lockWhenIdle()
  if (drafted === null || open.get(vaultId)?.room !== drafted) throw draftLost()
  return drafted
}

import { onScopeDispose, shallowRef, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { onSignedOut } from '../../platform/sign-out/sign-out.ts'
import { topPath, type SnapshotPath } from './snapshot-path.ts'

/**
 * Folders of private vaults that this page knows, by the signs that stand for them in the browser's history. Their names are in this memory alone:
 * browsers write the addresses and the states of their history to disk, and some share them with other devices.
 */
const folders = new Map<string, SnapshotPath>()
const signs = new Map<string, string>()
/** Entries outlive the page that made them: after a reload their signs are nobody's. */
const visit = Date.now().toString(36)
let made = 0

// Whoever signs in next goes back to the top, and reads no name on the way.
onSignedOut(() => {
  folders.clear()
  signs.clear()
})

/** What stands for a folder in the browser's history; always the same for the same one. */
export function signOf(snapshotId: string, path: SnapshotPath): string {
  const name = `${snapshotId} ${path.text} ${path.raw?.join() ?? ''}`
  const known = signs.get(name)
  if (known !== undefined) return known
  const sign = `${snapshotId}.${visit}.${made++}`
  signs.set(name, sign)
  folders.set(sign, path)
  return sign
}

/** The folder that an entry of the history is of; the top where nobody knows any more, null where it is none of this snapshot. */
export function folderOfState(state: unknown, snapshotId: string): SnapshotPath | null {
  const sign = (state as { readonly sealedFolder?: unknown } | null)?.sealedFolder
  if (typeof sign !== 'string' || !sign.startsWith(`${snapshotId}.`)) return null
  return folders.get(sign) ?? topPath
}

/** What the entry of the history that is shown says of itself; follows the person forwards and back. */
export function useHistoryState(): Readonly<Ref<unknown>> {
  const state = shallowRef<unknown>(history.state)
  onScopeDispose(useRouter().afterEach(() => void (state.value = history.state as unknown)))
  return state
}

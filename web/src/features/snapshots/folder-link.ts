import { inject, provide, type InjectionKey, type Ref } from 'vue'
import { pageLinks } from '../../platform/navigation/page-links.ts'
import { addressOfPath, pathOfAddress, type SnapshotPath } from './snapshot-path.ts'

const key: InjectionKey<Readonly<Ref<boolean>>> = Symbol('names of folders stay out of addresses')

/** Whether what lies below shows a private vault: names must not reach the hub then, not even in the address of a page. */
export const provideSealed = (isSealed: Readonly<Ref<boolean>>): void => provide(key, isSealed)

/** Where a folder of a snapshot is shown. Call it in a component's setup. */
export function useFolderLink() {
  const isSealed = inject(key, null)
  return (snapshotId: string, path: SnapshotPath) => {
    const { segments, base64url } = addressOfPath(path)
    return (isSealed?.value === true ? pageLinks.sealedFolder : pageLinks.snapshotFolder)(snapshotId, segments, base64url)
  }
}

/** The path behind the `#` of an address; null where there is none. */
export function pathOfHash(hash: string): SnapshotPath | null {
  if (!hash.startsWith('#/')) return null
  const [names = '', query = ''] = hash.slice(2).split('?')
  try {
    return pathOfAddress(names.split('/').map(decodeURIComponent), new URLSearchParams(query).get('b'))
  } catch {
    // Typed by hand, and no address.
    return null
  }
}

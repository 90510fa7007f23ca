import { inject, provide, type InjectionKey, type Ref } from 'vue'
import { pageLinks } from '../../platform/navigation/page-links.ts'
import { signOf } from './sealed-folders.ts'
import { addressOfPath, type SnapshotPath } from './snapshot-path.ts'

const key: InjectionKey<Readonly<Ref<boolean>>> = Symbol('names of folders stay out of addresses')

/** Whether what lies below shows a private vault: names must be in no address then, which the hub and the browser's history have. */
export const provideSealed = (isSealed: Readonly<Ref<boolean>>): void => provide(key, isSealed)

/** Where a folder of a snapshot is shown. Call it in a component's setup. */
export function useFolderLink() {
  const isSealed = inject(key, null)
  return (snapshotId: string, path: SnapshotPath) => {
    if (isSealed?.value === true) return sealedLink(snapshotId, path)
    const { segments, base64url } = addressOfPath(path)
    return pageLinks.snapshotFolder(snapshotId, segments, base64url)
  }
}

/** A folder of a private vault. */
export const sealedLink = (snapshotId: string, path: SnapshotPath) => pageLinks.sealedFolder(snapshotId, signOf(snapshotId, path))

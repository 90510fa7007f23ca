import { afterEach, expect, test, vi } from 'vitest'
import { createApp, ref, shallowRef, type Ref } from 'vue'
import { aDevice, anEntry, aSnapshot } from '../../testing/world.ts'
import { hubEntries, type EntrySource } from './entry-source.ts'
import { useZipDownload } from './zip-download.ts'

afterEach(() => void vi.unstubAllGlobals())

const snapshot = aSnapshot(aDevice(), { vaultKind: 'private' })

test('a zip of what was chosen before the vault was locked is asked of nobody', async () => {
  const asked = vi.fn()
  vi.stubGlobal('fetch', asked)
  const source: Ref<EntrySource | null> = shallowRef(null)
  const zip = createApp({}).runWithContext(() => useZipDownload({ id: snapshot.id, snapshot: ref(snapshot), source, isPrivate: ref(true) }))
  for (const lost of [null, hubEntries(snapshot.id)]) {
    source.value = lost
    await zip.start({ text: '/home/ada', raw: null }, [anEntry('/home/ada/quinces')], false)
    expect(zip.error.value).toMatchObject({ code: 'vault.private' })
  }
  expect(asked).not.toHaveBeenCalled()
})

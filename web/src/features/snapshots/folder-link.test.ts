import type { SnapshotId } from '@holdfast/shared-types'
import { afterEach, expect, test } from 'vitest'
import { createApp, effectScope } from 'vue'
import { createMemoryHistory, createRouter, createWebHistory } from 'vue-router'
import { tellSignedOut } from '../../platform/sign-out/sign-out.ts'
import { sealedLink } from './folder-link.ts'
import { folderOfState, useHistoryState } from './sealed-folders.ts'
import type { SnapshotPath } from './snapshot-path.ts'
import { snapshotRoutes } from './snapshots.routes.ts'

const id = 'ab'.repeat(16) as SnapshotId
const at = (text: string): SnapshotPath => ({ text, raw: null })
const raw = { text: '/\ufffd/x', raw: Uint8Array.from([0x2f, 0xff, 0x2f, 0x78]) }

afterEach(tellSignedOut)

test('a link into a private vault names no folder, and leads to it all the same', () => {
  const router = createRouter({ history: createMemoryHistory(), routes: snapshotRoutes })
  for (const path of [at('/home/ada/quince archive'), at('/100 %/a?b=c#d'), at('/h\u00e9llo/\u00fc'), raw, at('')]) {
    const link = sealedLink(id, path)
    expect(router.resolve(link).fullPath).toBe(`/snapshots/${id}`)
    for (const name of path.text.split('/').filter((part) => part.length > 1)) expect(JSON.stringify(link)).not.toContain(name)
    expect(folderOfState(link.state, id)).toEqual(path)
    expect(sealedLink(id, path)).toEqual(link)
  }
})

test('what is no folder of this snapshot is none; one that nobody remembers is the top', () => {
  const { state } = sealedLink(id, at('/home'))
  expect([null, undefined, {}, { sealedFolder: 7 }].map((other) => folderOfState(other, id))).toEqual([null, null, null, null])
  expect(folderOfState(state, 'cd'.repeat(16))).toBeNull()
  expect(folderOfState({ sealedFolder: `${id}.earlier.0` }, id)).toEqual(at(''))
  tellSignedOut()
  expect(folderOfState(state, id)).toEqual(at(''))
  expect(sealedLink(id, at('/home')).state).not.toEqual(state)
})

test('back and forward lead through folders of one address', async () => {
  const router = createRouter({
    history: createWebHistory(),
    routes: [...snapshotRoutes.map(({ path, name, meta }) => ({ path, name, meta, component: {} })), { path: '/', component: {} }],
  })
  const effects = effectScope()
  const state = createApp({})
    .use(router)
    .runWithContext(() => effects.run(() => useHistoryState()))
  const shown = () => folderOfState(state?.value, id)?.text
  const steps = ['/home', '/home/quinces', '']
  for (const text of steps) {
    await router.push(sealedLink(id, at(text)))
    expect(shown()).toBe(text)
    expect(JSON.stringify([location.href, history.state])).not.toMatch(/home|quinces/)
  }
  for (const [delta, text] of [
    [-1, '/home/quinces'],
    [-1, '/home'],
    [1, '/home/quinces'],
  ] as const) {
    router.go(delta)
    await expect.poll(shown).toBe(text)
  }
  effects.stop()
})
